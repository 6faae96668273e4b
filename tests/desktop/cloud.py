"""Dev Tunnels on this computer: the stand-ins for the service and for the `devtunnel` program.

`tests/rig` and `tests/standin` describe them; here is how a test starts them, asks them and has things go wrong.
"""

import json
import os
import pathlib
import subprocess
import urllib.request

from waiting import PATIENCE, Failed, end, wait_until

TESTS = pathlib.Path(__file__).resolve().parent.parent
STANDIN = TESTS / "standin" / "devtunnel"


class Cloud:
    """An account without a tunnel, which nobody is signed in to, and the service that knows it."""

    def __init__(self, out):
        self.out = out
        self.relay = None
        self.url = None

    def start(self):
        """The program under test finds both through its environment."""
        os.environ["DEVTUNNEL_STATE"] = os.path.join(os.environ["HOME"], "devtunnel.json")
        os.environ["DEVTUNNEL_BIN"] = str(STANDIN)
        self.set("signedIn", False)
        log = open(os.path.join(self.out, "relay.log"), "ab")
        self.relay = subprocess.Popen(
            ["node", TESTS / "rig" / "relay.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        said = self.relay.stdout.readline()
        if not said:
            raise Failed("the stand-in relay did not start; see relay.log")
        self.url = json.loads(said)["url"]
        os.environ["DEVTUNNEL_STANDIN_URL"] = os.environ["UNDERPASS_DEVTUNNEL_URL"] = self.url

    def stop(self):
        if self.relay is not None:
            end(self.relay)

    # The program's side.

    def standin(self, *words):
        subprocess.run([STANDIN, "--standin", *words], check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)

    def set(self, path, value):
        self.standin("set", path, json.dumps(value))

    def state(self):
        with open(os.environ["DEVTUNNEL_STATE"], encoding="utf-8") as file:
            return json.load(file)

    def calls(self, *words):
        """The calls of this command so far, each its words."""
        return [call["argv"] for call in self.state()["calls"] if call["argv"][: len(words)] == list(words)]

    def tokens(self):
        """How many tokens were minted, and how often somebody asked for one."""
        return self.state()["minted"], len(self.calls("token"))

    # The service's side.

    def tell(self, verb, body=None):
        data = json.dumps(body or {}).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}standin/{verb}", data=data, timeout=PATIENCE) as answer:
            return json.load(answer)

    def seen(self, name):
        return self.tell("tunnels")[f"{name}.usw2"]

    def hosts(self, name):
        """How many hosts have connected for this tunnel so far."""
        return self.seen(name)["counts"].get("hosts", 0)

    def wait_forwarded(self, name, ports):
        def forwards():
            seen = self.seen(name)
            return seen["hostConnections"] == 1 and set(ports) <= set(seen["forwarded"])
        wait_until(f"the relay has a host of {name} for {ports}", forwards)

    # A visitor's side.

    def visit_as_client(self, name, port, version=2):
        """What Microsoft's own client gets from `/` of this port: status, bytes and their SHA-256."""
        return self._visit("client", name, str(port), str(version))

    def token_to_visit(self, name):
        return self._visit("token", name)["token"]

    def _visit(self, *words):
        done = subprocess.run(
            ["node", TESTS / "rig" / "visit.js", *words], capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise Failed(f"visit {words}: {done.stderr.strip()}")
        return json.loads(done.stdout)
