/**
 * The page's looks: light or dark as the reader's system is, on a laptop and on a phone.
 */
export const style = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f5f6f7; --fore: #1b1c1e; --soft: #565b61; --line: #d9dbde;
  --ours: #0b63c4; --bar: #9aa3ad; --mark: 230, 120, 0; --line-0: #0b63c4; --line-1: #b4540a; --line-2: #2e7d32; --line-3: #8e3a9d; }
@media (prefers-color-scheme: dark) {
  :root { --back: #15171a; --card: #1e2125; --fore: #e8e8e6; --soft: #a9aeb4; --line: #363a40; --ours: #6db3ff; --bar: #6b737c;
    --mark: 225, 110, 0; --line-0: #6db3ff; --line-1: #f0a060; --line-2: #7fc983; --line-3: #d898e6; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--back); color: var(--fore); font: 17px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.2rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.5rem; margin: 0 0 .3rem; }
h4 { font-size: .85rem; font-weight: 600; color: var(--soft); margin: 0 0 .2rem; }
p { margin: 0 0 .8rem; }
a { color: var(--ours); }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--ours); outline-offset: 2px; }
.soft { color: var(--soft); }
.kinds { width: 100%; border-collapse: collapse; margin: 1.2rem 0 0; }
.kinds th, .kinds td { text-align: left; padding: .45rem .8rem .45rem 0; border-top: 1px solid var(--line); vertical-align: baseline; }
.kinds thead th { border: 0; font-size: .85rem; color: var(--soft); font-weight: 400; padding-bottom: .1rem; }
.kinds tbody th { font-weight: 600; }
.kinds td span { color: var(--soft); font-size: .85rem; display: block; }
.kinds td b { font-weight: 600; color: var(--ours); white-space: nowrap; }
.kinds td:last-child, .kinds thead th:last-child { text-align: right; padding-right: 0; white-space: nowrap; }
section { margin-top: 3.2rem; padding-top: 1.6rem; border-top: 1px solid var(--line); }
.lead { font-size: 1.05rem; max-width: 46rem; }
.note { background: var(--card); border-left: 4px solid rgb(var(--mark)); padding: .5rem .8rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .5rem 1.5rem; margin: 0 0 1.4rem; font-size: .9rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.numbers, .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1.4rem 2rem; align-items: start; }
.measure { width: 100%; border-collapse: collapse; table-layout: fixed; }
caption, figcaption { text-align: left; font-size: .88rem; color: var(--soft); margin-bottom: .5rem; }
caption b, figcaption b { display: block; color: var(--fore); font-size: 1rem; }
.measure th, .measure td { padding: .2rem .6rem .2rem 0; font-weight: 400; text-align: left; vertical-align: middle; line-height: 1.25; }
.measure th { width: 44%; }
.measure td:nth-child(2) { width: 5.6rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.measure .ours th, .measure .ours td { font-weight: 600; }
.bar { padding-right: 0 !important; }
.bar i { display: block; height: .8rem; background: var(--bar); border-radius: 2px; min-width: 1px; }
.ours .bar i { background: var(--ours); }
figure { margin: 1.6rem 0 0; }
.strip { margin: 0 0 .5rem; display: grid; grid-template-columns: 5rem 1fr; gap: .7rem; align-items: center; font-size: .88rem; color: var(--soft); }
.strip img:only-child { grid-column: 1 / -1; }
.strip img { width: 100%; max-width: 46rem; height: auto; image-rendering: pixelated; border: 1px solid var(--line); border-radius: 4px; background: #fff; display: block; }
.feature { margin: 0 0 1rem; }
.feature p { margin: 0; padding: .25rem 0; border-bottom: 1px solid var(--line); font: .85rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
mark { background: rgba(var(--mark), calc(.06 + var(--level) * .54)); color: inherit; border-radius: 3px; }
.searches { padding: 0; margin: 0; list-style: none; }
.searches > li { margin: 0 0 1rem; }
.searches p { margin: 0 0 .2rem; }
.searches p span { color: var(--soft); font-size: .85rem; white-space: nowrap; }
.searches ol { margin: 0; padding-left: 1.5rem; font-size: .9rem; color: var(--soft); }
.searches .right { color: var(--fore); }
.searches .right b { color: var(--ours); white-space: nowrap; }
.curve { min-width: 0; max-width: 34rem; }
.curve figcaption { color: var(--fore); font-weight: 600; margin: 0; }
.curve figcaption span { color: var(--soft); font-weight: 400; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 13px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--line); fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line-0 { stroke: var(--line-0); } .line-1 { stroke: var(--line-1); stroke-dasharray: 7 4; }
.line-2 { stroke: var(--line-2); stroke-dasharray: 2 4; } .line-3 { stroke: var(--line-3); stroke-dasharray: 9 3 2 3; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: 0; padding: 0; font-size: .85rem; color: var(--soft); }
.legend i { display: inline-block; width: 1.6rem; border-top: 2px solid; margin-right: .4rem; vertical-align: middle; }
.key-0 { border-color: var(--line-0) !important; } .key-1 { border-color: var(--line-1) !important; border-top-style: dashed !important; }
.key-2 { border-color: var(--line-2) !important; border-top-style: dotted !important; } .key-3 { border-color: var(--line-3) !important; border-top-style: dashed !important; }
details { margin-top: 1.4rem; }
summary { cursor: pointer; font-weight: 600; padding: .4rem 0; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; margin: .3rem 0 0; font: .82rem/1.5 ui-monospace, monospace; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
footer { margin-top: 3rem; padding-top: 1rem; padding-bottom: 3rem; }
@media (max-width: 640px) {
  body { font-size: 16px; }
  header { padding-top: 1.4rem; }
  h1 { font-size: 1.6rem; }
  section { margin-top: 2.2rem; }
  .measure th { width: 46%; }
  .strip { grid-template-columns: 1fr; gap: .15rem; }
  .kinds th, .kinds td { padding-right: .5rem; }
  .searches p span { white-space: normal; }
}
@media print { details > pre { display: block; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`
