/**
 * The page's looks: light or dark as the reader's system is, in two columns where there is room.
 */
export const style = `
:root { color-scheme: light dark; --back: #ffffff; --fore: #1b1c1e; --soft: #5c6066; --line: #d9dbde;
  --chosen: #dbe9fb; --mark: 230, 120, 0; }
@media (prefers-color-scheme: dark) {
  :root { --back: #15171a; --fore: #e8e8e6; --soft: #a3a8ae; --line: #34383d; --chosen: #24384f; --mark: 225, 110, 0; }
}
* { box-sizing: border-box; }
html, body { height: 100%; }
body { margin: 0; display: flex; flex-direction: column; background: var(--back); color: var(--fore);
  font: 16px/1.45 system-ui, sans-serif; }
header { padding: 10px 16px; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.15rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 0 0 4px; }
h3 { font-size: .9rem; color: var(--soft); margin: 18px 0 6px; font-weight: 600; }
#facts { display: flex; flex-wrap: wrap; gap: 0 18px; margin: 4px 0 0; font-size: .85rem; }
#facts div { display: flex; flex-wrap: wrap; gap: 0 6px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(260px, 22rem) 1fr; }
nav { display: flex; flex-direction: column; min-height: 0; border-right: 1px solid var(--line); }
.tools { display: flex; gap: 8px; padding: 10px; }
.tools input { flex: 1; min-width: 0; }
input, select, button { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--soft);
  border-radius: 6px; padding: 4px 8px; min-height: 36px; }
button { min-height: 32px; cursor: pointer; }
:focus-visible { outline: 2px solid #2f7fe0; outline-offset: -2px; }
#count { margin: 0 12px 6px; color: var(--soft); font-size: .85rem; }
#features { flex: 1; overflow-y: auto; min-height: 0; }
#rows { position: relative; }
.row { position: absolute; left: 0; right: 0; height: 36px; padding: 0 12px; display: flex; align-items: center;
  gap: 10px; cursor: pointer; }
.row[aria-selected=true] { background: var(--chosen); }
.row b { min-width: 3.6em; font-weight: 600; }
.row code { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.row span { color: var(--soft); font-size: .85rem; }
code { font: .92em ui-monospace, monospace; white-space: pre-wrap; }
#feature { overflow-y: auto; padding: 14px 18px 40px; min-width: 0; }
#feature p { margin: 0; color: var(--soft); }
ol { list-style: none; margin: 0; padding: 0; }
.parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 0 28px; }
.parts li { display: flex; justify-content: space-between; gap: 10px; align-items: center; padding: 2px 0; }
.parts li code { background: rgba(127, 127, 127, .16); border-radius: 4px; padding: 0 4px; overflow-wrap: anywhere; }
.example { padding: 6px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; white-space: pre-wrap; }
.example span { background: rgba(var(--mark), calc(var(--level) * .6)); border-radius: 3px; }
.example .peak { text-decoration: underline; text-underline-offset: 3px; font-weight: 600; }
.bars { display: flex; align-items: flex-end; gap: 1px; height: 90px; border-bottom: 1px solid var(--soft); }
.bars i { flex: 1; background: rgb(var(--mark)); }
.ends { display: flex; justify-content: space-between; font-size: .85rem; }
@media (max-width: 720px) {
  html, body { height: auto; }
  main { display: block; }
  nav { border-right: 0; border-bottom: 1px solid var(--line); height: 46vh; }
  #feature { overflow: visible; }
}
`
