"""Plays the steps of a scenario, says what came of them, and keeps the evidence of a failure."""

import sys
import time
import traceback

from waiting import Failed


def say(line):
    print(line, flush=True)


def play(scene, steps):
    """Makes the scene, `scene(BINARY, OUT)`, plays the steps in it and ends the process."""
    binary, out = sys.argv[1:]
    day = scene(binary, out)
    try:
        passed = perform(day, steps)
    finally:
        day.end()
    failed = 1 if passed < len(steps) else 0
    skipped = len(steps) - passed - failed
    say(f"desktop: {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


def perform(day, steps):
    """Runs the steps until one fails: the later ones stand on the earlier. Returns how many passed."""
    for passed, function in enumerate(steps):
        name = function.__name__.replace("_", " ")
        began = time.monotonic()
        try:
            function(day)
        except Exception as error:  # noqa: BLE001 (whatever it is, the step failed and the logs say why)
            say(f"  FAIL {name} ({time.monotonic() - began:.1f} s): {error}")
            if not isinstance(error, Failed):
                traceback.print_exc(file=sys.stdout)
            keep_evidence(day)
            return passed
        say(f"  PASS {name} ({time.monotonic() - began:.1f} s)")
    return len(steps)


def keep_evidence(day):
    """What the screen, the accessibility bus and the tray show when a step fails."""
    for what, keep in (
        ("screenshot", lambda: day.desktop.screenshot("FAILED")),
        ("accessibility", lambda: day.desktop.dump(day.program.pid, "FAILED")),
        ("menu", lambda: say(f"    tray menu: {day.desktop.tray_labels(day.program.pid)}")),
    ):
        try:
            if day.program.child is None or (what == "menu" and day.program.child.poll() is not None):
                continue
            keep()
        except Exception as error:  # noqa: BLE001 (the first failure is the one to tell)
            say(f"    no {what}: {error}")
