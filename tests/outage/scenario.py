"""One outage after the other, and connections that are to notice nothing but a pause.

Each step has a line with the seconds it took and what was measured in it. They go on after one that
failed, as far as there is something to go on with.
"""

import datetime
import json
import os
import pathlib
import sys
import time

import programs
from cable import DOMAIN, Cable
from visitors import Download, Echo, Visit, Web, WebSocket
from steps import play, step
from waiting import Failed, wait_until

MIB = 1 << 20

# The download lasts from before the first outage until after the last: 40 s of it without an outage.
DOWNLOAD = 1024 * MIB
DOWNLOAD_PACE = 24 * MIB
# More than all the buffers on the way can take.
STALLED = 128 * MIB

# The bounds, in seconds. A silent link is dead after 15 s; a black-out heals by the next attempt.
AFTER_RESET = 5
AFTER_BLACK_HOLE = 20
AFTER_HEALING = 5
HELD_WITHIN = 20
BLACK_OUT = 60
# A new visitor waits for 10 s before the relay says that nobody is there.
VISITOR_WAITS = (9, 16)
# With others about a stream has at least this part of what it had alone, on a busy machine too.
FAIR_PART = 0.3
# The longest that someone who types waits for an echo while all is well.
ECHO_WITHIN = 2.0
# Nothing happens for so long between two outages, and bytes are counted.
QUIET = 3.0

class Day:
    """What one step leaves to the next."""

    def __init__(self, binary, out):
        self.binary, self.out = binary, out
        self.cable = self.relay = self.host = self.web = self.link_port = None
        self.download = self.stalled = self.echo = self.socket = None
        self.rate_alone = None
        self.dark_since = None
        self.early = self.early_echo = None

    def streams(self):
        return [self.echo, self.socket, self.download]

    def check(self):
        for stream in [*self.streams(), self.stalled]:
            stream.check()

    def all_flow_again(self, since, bound):
        """Waits until they do; what was measured. Fails when one took longer than the bound."""
        for stream in self.streams():
            wait_until(f"{stream.name} flows", lambda: stream.flows(since), bound + 20)
        self.stalled.check()
        times = {stream: stream.resumed(since) for stream in self.streams()}
        measured = ", ".join(
            f"{stream.name} {f'{seconds:.2f} s' if seconds else f'has no pause of {stream.shortest_pause} s'}"
            for stream, seconds in times.items()
        )
        if max(times.values()) > bound:
            raise Failed(f"later than {bound} s: {measured}")
        return measured

    def handed(self):
        """How many bytes of the stalled download the network took so far."""
        _, _, body, _ = Visit(self.web, "/handed").answer()
        return json.loads(body).get("stalled", 0)


def moment(text):
    """RFC 3339 in UTC, which Python reads since 3.11 only."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def mib(count):
    return f"{count / MIB:.1f} MiB"


@step
def relay_and_host_find_each_other_over_the_cable(day):
    day.cable = Cable(day.out)
    _, web, echo = programs.start_service(day.cable.host, day.out)
    day.relay = programs.start_relay(day.binary, day.out)
    up = day.relay.expect("listening")
    day.link_port = up["link"].rpartition(":")[2]
    day.host = programs.Host(day.binary, day.cable.host, day.out, up["join"], web, echo)
    urls = {port: day.host.program.expect("url", port=port)["url"] for port in (web, echo)}
    day.web = Web(urls[web].removeprefix("http://").rstrip("/"))
    if not day.web.name.startswith(f"{day.host.NAME}.{DOMAIN}:"):
        raise Failed(f"the tunnel is at {day.web.name}")
    day.echo = Echo(int(urls[echo].rpartition(":")[2].rstrip("/"))).start()
    day.socket = WebSocket(day.web).start()
    day.download = Download("the download", day.web, DOWNLOAD, "main", DOWNLOAD_PACE).start()
    return " and ".join(urls.values())


@step
def a_stalled_visitor_slows_nobody(day):
    wait_until("the download flows", lambda: day.download.amount > MIB)
    day.rate_alone = day.download.rate(QUIET)
    day.stalled = Download("the stalled download", day.web, STALLED, "stalled", 0, stalls=True).start()
    stalled = wait_for_stall(day)
    since = time.monotonic()
    rate = day.download.rate(QUIET)
    day.check()
    slowest = max(day.echo.slowest(since), day.socket.slowest(since))
    measured = (f"it stalls at {mib(stalled)}; download {mib(rate)}/s, alone {mib(day.rate_alone)}/s;"
                f" slowest echo {slowest * 1000:.0f} ms")
    if rate < FAIR_PART * day.rate_alone or slowest > ECHO_WITHIN:
        raise Failed(measured)
    return measured


def wait_for_stall(day):
    """Where the stalled download's service gets rid of nothing more."""
    before = -1
    while (now := day.handed()) != before or not now:
        before = now
        time.sleep(1)
    if now >= STALLED:
        raise Failed("all of the stalled download fits into the buffers: nothing stalls")
    return now


@step
def a_reset_of_the_link_is_a_short_pause(day):
    since = time.monotonic()
    count = day.cable.reset(day.link_port)
    flows = day.all_flow_again(since, AFTER_RESET)
    held, hosting = (day.host.program.expect("state", since=since, state=state) for state in ("held", "hosting"))
    blip = moment(hosting["at"]) - moment(held["at"])
    return f"{count} reset, held for {blip.total_seconds():.3f} s; flows again: {flows}"


@step
def a_black_hole_under_the_old_flow_is_left_for_a_new_one(day):
    since = time.monotonic()
    day.cable.lose_old_flows()
    return f"flows again: {day.all_flow_again(since, AFTER_BLACK_HOLE)}"


@step
def what_comes_out_of_the_hole_late_harms_nobody(day):
    day.cable.heal()
    since = time.monotonic()
    rate = day.download.rate(QUIET)
    day.all_flow_again(since, AFTER_RESET)
    measured = f"download {mib(rate)}/s"
    if rate < FAIR_PART * day.rate_alone:
        raise Failed(measured)
    return measured


@step
def in_a_black_out_the_host_says_held(day):
    day.dark_since = time.monotonic()
    day.cable.lose_everything()
    day.check()
    if day.download.over.is_set():
        raise Failed("the download was over before the black-out")
    line = day.host.program.expect("state", HELD_WITHIN + 20, day.dark_since, state="held")
    after = time.monotonic() - day.dark_since
    left = (moment(line["until"]) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    measured = f"after {after:.1f} s, for another {left:.0f} s, {line['open']} open"
    # The echo session, the WebSocket and both downloads.
    if after > HELD_WITHIN or not BLACK_OUT < left < 3600 or line["open"] < 4:
        raise Failed(measured)
    return measured


@step
def a_new_visitor_is_told_to_come_back_after_a_wait(day):
    # The relay may be later to notice than the host.
    time.sleep(max(0, day.dark_since + HELD_WITHIN - time.monotonic()))
    status, headers, _, took = Visit(day.web).answer()
    measured = f"{status} after {took:.1f} s, Retry-After {headers['Retry-After']}"
    shortest, longest = VISITOR_WAITS
    if status != 503 or not shortest <= took <= longest or not (headers["Retry-After"] or "").isdigit():
        raise Failed(measured)
    return measured


@step
def after_the_black_out_all_go_on_where_they_were(day):
    before = {stream.name: stream.amount for stream in day.streams()}
    time.sleep(max(0, day.dark_since + BLACK_OUT - 3 - time.monotonic()))
    day.early, day.early_echo = Visit(day.web), Echo(day.echo.port).start()
    time.sleep(max(0, day.dark_since + BLACK_OUT - time.monotonic()))
    went_on = [stream.name for stream in day.streams() if stream.amount != before[stream.name]]
    healed = time.monotonic()
    day.cable.heal()
    dark = healed - day.dark_since
    if went_on:
        raise Failed(f"went on in the dark: {', '.join(went_on)}")
    return f"{dark:.0f} s dark; flows again after healing: {day.all_flow_again(healed, AFTER_HEALING)}"


@step
def who_came_shortly_before_it_healed_was_served(day):
    status, _, _, took = day.early.answer()
    lines = day.early_echo.finish()
    measured = f"{status} after {took:.1f} s; {lines} lines echoed"
    if status != 200 or not lines:
        raise Failed(measured)
    return measured


@step
def the_download_ends_with_the_right_checksum(day):
    rate = day.download.rate(QUIET)
    day.download.join(180)
    came, sent = day.download.sums()
    measured = f"{mib(day.download.amount)}, {mib(rate)}/s at last, SHA-256 {came[:16]}…"
    if day.download.amount != DOWNLOAD or came != sent or rate < FAIR_PART * day.rate_alone:
        raise Failed(f"{measured}; sent was {sent[:16]}…")
    return measured


@step
def the_stalled_visitor_reads_on_and_misses_nothing(day):
    day.stalled.check()
    if day.stalled.amount:
        raise Failed("it did not stall")
    day.stalled.go_on.set()
    day.stalled.join(120)
    came, sent = day.stalled.sums()
    measured = f"{mib(day.stalled.amount)}, SHA-256 {came[:16]}…"
    if day.stalled.amount != STALLED or came != sent:
        raise Failed(f"{measured}; sent was {sent[:16]}…")
    return measured


@step
def the_conversations_end_with_every_answer(day):
    lines, frames = day.echo.finish(), day.socket.finish()
    if not day.socket.pongs:
        raise Failed("no ping was answered")
    return f"{lines} lines, {frames} frames, {day.socket.pongs} of them pongs"


@step
def it_was_one_session_all_the_time(day):
    records = day.host.audit()
    kinds = [record["kind"] for record in records]
    sessions = {(record["run"], record.get("session")) for record in records}
    measured = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    held, resumed = kinds.count("tunnel.held"), kinds.count("tunnel.resumed")
    if kinds != ["tunnel.up", *(["tunnel.held", "tunnel.resumed"] * held)] or len(sessions) != 1 or held < 3:
        raise Failed(f"{measured} of {len(sessions)} sessions: {kinds}")
    return f"{measured}, all of session {sessions.pop()[1]} ({resumed} resumed)"


@step
def host_and_relay_end_when_they_are_asked_to(day):
    statuses = day.host.program.end(), day.relay.end()
    if statuses != (0, 0):
        raise Failed(f"they ended with {statuses}")
    crashes = [str(path) for path in pathlib.Path(day.out).glob("*-home/crash.txt")]
    if crashes:
        raise Failed(f"there was a panic: {crashes}")


def main():
    binary, out = sys.argv[1:]
    failed = play("outage", Day(binary, out))
    # Whoever still waits for an answer waits in vain, and no thread keeps this process.
    os._exit(1 if failed else 0)


main()
