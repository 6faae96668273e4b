"""A cable that can be cut: three network namespaces in a row. This process, the relay and the visitors
are in the last, the host in the first, and the one between forwards, resets or loses what comes by.

What happens in the middle is seen by neither end's kernel, as on a real way through the world. The
namespaces have no names: each lives as long as the process that holds it.
"""

import pathlib
import subprocess

from waiting import Failed, run

HOST, HOST_GATE = "10.83.1.2", "10.83.1.1"
RELAY, RELAY_GATE = "10.83.2.2", "10.83.2.1"

# The relay as the host knows it, and what follows a tunnel's name.
DOMAIN = "relay.test"

# Holds all rules, and comes and goes at once.
TABLE = """
add table inet cable
add set inet cable new { type ipv4_addr . inet_service; size 65535; flags dynamic; }
add chain inet cable way { type filter hook forward priority 0; }
"""

# A flow is new when its first packet comes by: no flow slips through between a look and a rule.
NEW_FLOWS_ONLY = """
add rule inet cable way tcp flags & (syn | ack) == syn add @new { ip saddr . tcp sport }
add rule inet cable way ip saddr . tcp sport @new accept
add rule inet cable way ip daddr . tcp dport @new accept
add rule inet cable way drop
"""

NOTHING = "add rule inet cable way drop\n"

# Deleted without an error where it is not there.
NO_TABLE = "add table inet cable\ndelete table inet cable\n"


class Place:
    """A network namespace of its own, and files of its own in `/etc`."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount",
             "sh", "-c", "echo made && exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        if self.holder.stdout.readline().strip() != "made":
            raise Failed("no network namespace was made")
        self.run("ip", "link", "set", "lo", "up")

    def within(self, *command):
        """The command, to be run in there."""
        return ["nsenter", "--net", "--mount", "--target", str(self.holder.pid), "--", *command]

    def run(self, *command):
        return run(*self.within(*command))


class Cable:
    def __init__(self, scratch):
        self.host = Place()
        self.middle = Place()
        run("ip", "link", "set", "lo", "up")
        self.middle.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.lay("left", str(self.host.holder.pid), self.host.run, HOST, HOST_GATE)
        self.lay("right", "1", run, RELAY, RELAY_GATE)
        self.name_the_relay(scratch)

    def lay(self, port, end, run_at_end, address, gate):
        """A wire between the middle's port and the end that this process is in."""
        self.middle.run("ip", "link", "add", port, "type", "veth", "peer", "name", "wire", "netns", end)
        self.middle.run("ip", "address", "add", f"{gate}/24", "dev", port)
        self.middle.run("ip", "link", "set", port, "up")
        run_at_end("ip", "address", "add", f"{address}/24", "dev", "wire")
        run_at_end("ip", "link", "set", "wire", "up")
        run_at_end("ip", "route", "add", "default", "via", gate)

    def name_the_relay(self, scratch):
        hosts = pathlib.Path(scratch, "hosts")
        hosts.write_text(f"127.0.0.1 localhost\n{RELAY} {DOMAIN} outage.{DOMAIN}\n", encoding="utf-8")
        self.host.run("mount", "--bind", str(hosts), "/etc/hosts")

    def reset(self, port):
        """The kernel ends the host's sockets to the relay's port and sends a RST to the other end: both
        know at once, as when a box in the middle resets a connection both ways. Returns how many."""
        killed = self.host.run("ss", "-HKtn", "dst", RELAY, "dport", "=", f":{port}")
        count = len(killed.splitlines())
        if not count:
            raise Failed("no flow was reset: can this kernel `ss -K`?")
        return count

    def lose_old_flows(self):
        """Every packet of a flow that is there now vanishes; new flows pass."""
        self.set_rules(NEW_FLOWS_ONLY)

    def lose_everything(self):
        self.set_rules(NOTHING)

    def heal(self):
        self.middle.run("nft", NO_TABLE)

    def set_rules(self, rules):
        """All in one step, and in force when this returns."""
        self.middle.run("nft", NO_TABLE + TABLE + rules)
