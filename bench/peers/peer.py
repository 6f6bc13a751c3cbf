"""The participant's side of the bench's protocol (bench/protocol.ts): one JSON object a line."""

import json
import resource
import sys
import time


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def reason_of(error):
    return (str(error) or type(error).__name__).split("\n")[0]


def peak_megabytes():
    """The most memory that this process ever held, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def run(step, count):
    """Times `count` steps; a step returns its loss, or None."""
    milliseconds, first = [], None
    for index in range(count):
        start = time.perf_counter()
        loss = step()
        milliseconds.append((time.perf_counter() - start) * 1000)
        if index == 0:
            first = loss
    answer = {"milliseconds": milliseconds, "peakMegabytes": peak_megabytes()}
    return answer if first is None else {**answer, "loss": first}


def serve(build, profile=None):
    """`build(bench)` returns a label and the steps by case; `profile(step, count)` the lines of a profile."""
    try:
        label, cases = build(sys.argv[1])
    except Exception as error:
        say({"skip": reason_of(error)})
        return
    say({"ready": {"label": label, "cases": list(cases)}})
    for line in sys.stdin:
        command = json.loads(line)
        if "end" in command:
            say({"peakMegabytes": peak_megabytes()})
            return
        try:
            step = cases[command["case"]]
            if "run" in command:
                say(run(step, command["run"]))
            else:
                run(step, 3)
                say({"profile": profile(step, command["profile"]) if profile else []})
        except Exception as error:
            say({"error": reason_of(error)})
