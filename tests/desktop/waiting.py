"""Waiting with a condition and a limit, and running commands that may fail."""

import subprocess
import time

import dbus
from gi.repository import GLib

# The longest that anything here may take on a busy machine with two cores.
PATIENCE = 45
# How often a condition is looked at again.
GLANCE = 0.15


class Failed(Exception):
    """A step did not see what it waited for."""


def wait_until(what, condition, seconds=PATIENCE):
    """Returns the first true value of `condition()`; fails after `seconds`."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            value = condition()
            if value:
                return value
            last = None
        except (dbus.DBusException, GLib.Error, OSError) as error:
            last = error
        time.sleep(GLANCE)
    raise Failed(f"{what}: not within {seconds} s" + (f" ({last})" if last else ""))


def run(*command):
    """What a command prints; an empty text when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def end(child):
    """Ends a process, gently first."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
