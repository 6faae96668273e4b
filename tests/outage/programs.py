"""The programs on the stage: relay and host as built, and the services behind them."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from cable import DOMAIN, RELAY
from waiting import PATIENCE, Failed, run, wait_until


class Program:
    """A program that says one JSON object a line. It ends with us."""

    def __init__(self, name, command, out, **environment):
        self.name = name
        self.out = out
        self.environment = {**os.environ, **environment}
        self.said = []
        log = open(pathlib.Path(out, f"{name}.log"), "wb")
        with log:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                text=True, env=self.environment, start_new_session=True,
            )
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        """Each line with the moment it came; kept beside the log too."""
        with open(pathlib.Path(self.out, f"{self.name}.jsonl"), "w", encoding="utf-8") as copy:
            for line in self.child.stdout:
                # A join link is a password.
                if '"join"' not in line:
                    copy.write(line)
                    copy.flush()
                self.said.append((time.monotonic(), json.loads(line)))

    def find(self, event, since=0.0, **fields):
        """The first line about this event, with these fields, that came since then."""
        for at, line in list(self.said):
            if at >= since and line["event"] == event and all(line.get(key) == value for key, value in fields.items()):
                return line
        return None

    def expect(self, event, seconds=PATIENCE, since=0.0, **fields):
        def found():
            line = self.find(event, since, **fields)
            if not line and self.child.poll() is not None:
                raise Failed(f"the {self.name} ended with {self.child.returncode}; see {self.name}.log")
            return line
        return wait_until(f"{event} {fields} of the {self.name}", found, seconds)

    def end(self):
        """As a service manager would: its exit status."""
        self.child.send_signal(signal.SIGTERM)
        try:
            status = self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"the {self.name} still runs {PATIENCE} s after SIGTERM") from late
        self.listener.join(PATIENCE)
        return status


def start_service(place, out):
    path = pathlib.Path(__file__).with_name("service.py")
    service = Program("service", place.within(sys.executable, str(path)), out)
    up = service.expect("listening")
    return service, up["http"], up["echo"]


def home(out, name):
    path = pathlib.Path(out, name)
    path.mkdir()
    return str(path)


def start_relay(binary, out):
    command = [binary, "relay", "--json", "--listen", "0.0.0.0:0", "--http", "0.0.0.0:0", "--tcp-ports", "0-0",
               "--advertise", RELAY, "--domain", DOMAIN]
    return Program("relay", command, out, UNDERPASS_HOME=home(out, "relay-home"))


class Host:
    """One tunnel with two ports, so that all visitors are on one link: the harder case."""

    NAME = "outage"

    def __init__(self, binary, place, out, join, web, echo):
        self.binary = binary
        self.environment = {"UNDERPASS_HOME": home(out, "host-home"), "UNDERPASS_RELAY": join}
        self.tell("tunnels", "create", self.NAME, str(web), "--protocol", "http")
        self.tell("tunnels", "port", "add", self.NAME, str(echo), "--protocol", "tcp")
        command = place.within(binary, "host", self.NAME, "--json")
        self.program = Program("host", command, out, **self.environment)

    def tell(self, *words):
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return run("env", *variables, self.binary, *words)

    def audit(self):
        """The audit log's records; fails when its chain is broken."""
        self.tell("audit", "--verify")
        return [json.loads(line) for line in self.tell("audit", "--json").splitlines()]
