"""Waiting with a condition and a limit, and running commands."""

import subprocess
import time

# The longest that anything takes that has no limit of its own, on a busy machine with two cores.
PATIENCE = 45
# How often a condition is looked at again.
GLANCE = 0.05


class Failed(Exception):
    """A step did not see what it waited for."""


def wait_until(what, condition, seconds=PATIENCE):
    """Returns the first true value of `condition()`; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(GLANCE)


def run(*command):
    """What a command prints; fails when it does."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stdout.strip()} {done.stderr.strip()}")
    return done.stdout
