"""A scenario's steps, one after the other, with a line and the seconds of each."""

import sys
import time
import traceback

from waiting import Failed

STEPS = []


def step(function):
    STEPS.append(function)
    return function


def say(line):
    print(line, flush=True)


def play(name, day):
    """Runs the steps; only the first is one that the others cannot do without. How many failed."""
    passed = failed = 0
    for number, function in enumerate(STEPS):
        title = function.__name__.replace("_", " ")
        began = time.monotonic()
        try:
            measured = function(day)
        except Exception as error:  # noqa: BLE001 (whatever it is, the step failed and the logs say why)
            failed += 1
            say(f"  FAIL {title} ({time.monotonic() - began:.1f} s): {error}")
            if not isinstance(error, Failed):
                traceback.print_exc(file=sys.stdout)
            if number == 0:
                break
        else:
            passed += 1
            say(f"  PASS {title} ({time.monotonic() - began:.1f} s){f': {measured}' if measured else ''}")
    say(f"{name}: {passed} passed, {failed} failed, {len(STEPS) - passed - failed} skipped")
    return failed
