#!/usr/bin/env python3
"""What the tasks need of `systemctl`: a service is started with its sockets as the units say, and ended.

A stand-in. What a unit forbids its service, restarts and the journal are systemd's own and not here.
"""

import configparser
import os
import pathlib
import pwd
import shlex
import signal
import socket
import sys
import time

UNITS, STATE = pathlib.Path("/etc/systemd/system"), pathlib.Path("/run/tasks")
PID, JOURNAL = STATE / "pid", STATE / "journal"


def unit(name):
    read = configparser.RawConfigParser(strict=False, interpolation=None, delimiters="=")
    read.optionxform = str
    read.read(UNITS / name)
    return read


def listen(name):
    host, _, port = unit(name)["Socket"]["ListenStream"].rpartition(":")
    return unit(name)["Socket"]["FileDescriptorName"], socket.create_server((host, int(port)))


def become(service, sockets):
    """The service, as its user, with its sockets from descriptor 3 on."""
    user = pwd.getpwnam(service["User"])
    home = pathlib.Path("/var/lib", service["StateDirectory"])
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, user.pw_uid, user.pw_gid)
    name, value = service["Environment"].replace("%S", "/var/lib").split("=", 1)
    environment = {
        "PATH": os.environ["PATH"], name: value, "NOTIFY_SOCKET": str(STATE / "notify"),
        "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets)),
        "LISTEN_FDNAMES": ":".join(named for named, _ in sockets),
    }
    os.setsid()
    journal = os.open(JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    # Out of the way first: one of them may be where another has to be.
    held = [os.dup2(listener.fileno(), 100 + at) for at, (_, listener) in enumerate(sockets)]
    for at, descriptor in enumerate(held):
        os.dup2(descriptor, 3 + at)
        os.close(descriptor)
    for descriptor in (1, 2):
        os.dup2(journal, descriptor)
    os.closerange(3 + len(sockets), 100)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    command = shlex.split(service["ExecStart"])
    os.execve(command[0], command, environment)


def start(names):
    sockets = [listen(name) for name in names if name.endswith(".socket")]
    [service] = [unit(name)["Service"] for name in names if name.endswith(".service")]
    notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notified.bind(str(STATE / "notify"))
    os.chmod(STATE / "notify", 0o777)
    notified.settimeout(30)
    pid = os.fork()
    if pid == 0:
        become(service, sockets)
    PID.write_text(str(pid), encoding="utf-8")
    while b"READY=1" not in notified.recv(4096):
        pass


def running():
    try:
        state = pathlib.Path("/proc", PID.read_text(encoding="utf-8"), "stat").read_text(encoding="utf-8")
    except OSError:
        return False
    # One that nobody has waited for has ended too.
    return state.rpartition(")")[2].split()[0] != "Z"


def stop():
    if running():
        os.kill(int(PID.read_text(encoding="utf-8")), signal.SIGTERM)
    end = time.monotonic() + 30
    while running():
        if time.monotonic() > end:
            sys.exit("it does not end")
        time.sleep(0.05)


def main():
    STATE.mkdir(exist_ok=True)
    match sys.argv[1:]:
        case ["daemon-reload"]:
            pass
        case ["enable", "--now", *names]:
            start(names)
        case ["disable", "--now", *_]:
            stop()
        case ["is-active", _]:
            print("active" if running() else "inactive")
            sys.exit(0 if running() else 3)
        case ["is-enabled", name]:
            print("enabled" if (UNITS / name).exists() and running() else "disabled")
        case words:
            sys.exit(f"systemctl: not here: {words}")


main()
