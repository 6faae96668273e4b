#!/usr/bin/env python3
"""Breaks the link on purpose, its resumable sessions and the streams in them, one way at a time, and expects its tests to notice.

    python3 tests/mutants/link.py [--target DIR] [--tests PART] [WORD...]

Builds the link room alone in a temporary folder, so that a mutant costs seconds. A mutant is killed
when a test fails, or when nothing ends within many times what the tests take without a mutant; WORD picks the mutants whose name has it. Exits with 1 if one survives.

2026-11-22, with 2,000 seeded cases: all 30 are killed, none of them by time alone. With the model check
alone (--tests resume::tests::model) the 10 that are named "lost wake-up" or "race" are. Before that day
three survived ("credit from reading is not sent", "EOF of the link is ignored", "attached sessions are
evicted"); the tests that kill them were added then. 2026-11-30, the 17 of the streams alone (--tests mux::):
six survived, one of them since it changed nothing; with the tests that were added all are killed.
"""

import argparse
import enum
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# (name, file, what stands there, what the mutant says)
MUTANTS = [
    ("wrong ack", "resume/inbound.rs", "next: self.next,\n            window_end", "next: self.next + 1,\n            window_end"),
    ("wrong ack: never more than the first", "resume/outbound.rs", "self.acked = next;\n        self.ring.release_to(next);\n        Ok(())\n    }\n\n    /// # Errors\n    /// When `next` is not", "self.acked = next;\n        Ok(())\n    }\n\n    /// # Errors\n    /// When `next` is not"),
    ("wrong place to go on from", "resume/machine.rs", "next: self.inbound.next(),", "next: self.inbound.next().saturating_sub(1),"),
    ("nothing is replayed", "resume/outbound.rs", "(self.sent, self.written) = (next, next);", "(self.sent, self.written) = (self.ever_sent, self.ever_sent);"),
    ("a full ring asks for more", "resume/outbound.rs", "let room = wanted.min(self.ring.room());", "let room = wanted;"),
    ("credit is ignored", "resume/outbound.rs", "let until = self.ring.end().min(self.window_end);\n        while", "let until = self.ring.end();\n        while"),
    ("credit is not enforced", "resume/inbound.rs", "if next > self.granted {", "if next > u64::MAX - 1 {"),
    ("FIN without seq, sent", "resume/outbound.rs", "self.sent += 1;", ""),
    ("FIN without seq, received", "resume/inbound.rs", "self.next += 1;", ""),
    ("no gap check", "resume/inbound.rs", "if seq != self.next {", "if seq > u64::MAX - 1 {"),
    ("what goes on after its end is taken", "resume/inbound.rs", "if self.fin {\n            return Err(ProtocolError::AfterFin);", "if self.fin && self.urgent {\n            return Err(ProtocolError::AfterFin);"),
    ("no proof is asked for", "resume/handshake.rs", "claim.id != handle.id() || !handle.secret().verify(claim, link, proof)", "claim.id != handle.id()"),
    ("epochs may repeat", "resume/machine.rs", "if epoch <= self.epoch {", "if epoch < self.epoch {"),
    ("an old link still counts", "resume/machine.rs", "self.attached && self.generation == generation", "self.attached && generation > 0"),
    ("a silent link is never dead", "resume/machine.rs", "self.attached && self.detector.is_dead(now)", "self.attached && now.is_zero()"),
    ("EOF of the link is ignored", "resume/driver.rs", "0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),", "0 => Poll::Pending,"),
    ("race: the loss of an old link is the new one's", "resume/driver.rs", "state.machine.detach(link.generation)", "state.machine.detach(state.machine.generation())"),
    ("race: what an old link brings is the new one's", "resume/driver.rs", "machine.receive(self.generation, &", "machine.receive(machine.generation(), &"),
    ("race: what is for the new link goes to the old", "resume/driver.rs", "machine.transmit(self.generation, &", "machine.transmit(machine.generation(), &"),
    ("race: two attempts share a generation", "resume/machine.rs", "self.generation += 1;\n        self.attached = false;", "self.generation += u64::from(self.attached);\n        self.attached = false;"),
    ("lost wake-up of the driver", "resume/shared.rs", "filter(|_| is_wanted)", "filter(|_| is_wanted && state.machine.end().is_some())"),
    ("lost wake-up: a new link", "resume/handle.rs", "self.shared.with(|state| {\n            state.wake_driver();\n            if state.machine.attach", "self.shared.with(|state| {\n            if state.machine.attach"),
    ("lost wake-up: a payload that has something", "resume/driver.rs", "let waits = payload.drive(cx.waker());", "let waits = 0;"),
    ("lost wake-up: a link that is cut off", "resume/handle.rs", "state.machine.detach(state.machine.generation());\n            state.wake_driver();", "state.machine.detach(state.machine.generation());"),
    ("nobody hears that its guard is gone", "resume/payload.rs", "state.machine.abandon();\n            state.wake_driver();", ""),
    ("a payload does not hear that the other has all", "resume/machine.rs", "payload.reach(Milestone::Delivered);", ""),
    ("a payload does not hear of the other's end", "resume/machine.rs", "payload.reach(Milestone::Ended);", ""),
    ("what the link has not taken may be acknowledged", "resume/outbound.rs", "(self.acked..=self.written).contains(&next)", "(self.acked..=self.sent).contains(&next)"),
    ("any acknowledgement of an older link", "resume/outbound.rs", "(self.acked..=self.written).contains(&next)", "(self.acked..=self.ever_sent).contains(&next)"),
    ("a half-written frame goes on elsewhere", "resume/batch.rs", "Part::Stream { seq, len } => ring.slices(seq + gone as u64, len - gone).into(),", "Part::Stream { seq, len } => ring.slices(seq, len - gone).into(),"),
    ("a session that ended well is forgotten", "resume/store.rs", "if end == SessionEnd::Finished {", "if end == SessionEnd::Closed {"),
    ("an outage that others ended goes on", "resume/dialling.rs", "if is_well(*status.borrow()) {", "if handle.unacked() == usize::MAX {"),
    ("attached sessions are evicted", "resume/handle.rs", "if state.machine.is_attached() {\n                return false;\n            }", ""),
    ("a stream may send more than its window", "mux/halves.rs", "if len > self.credit || (len > 0", "if len > u32::MAX - 1 || (len > 0"),
    ("a stream goes on after its end", "mux/halves.rs", "(len > 0 && self.end == ReadEnd::Clean)", "(len > u32::MAX - 1 && self.end == ReadEnd::Clean)"),
    ("a peer's credit overflows", "mux/halves.rs", "u32::try_from(self.credit).is_ok()", "self.credit > 0"),
    ("a stream's own credit is ignored", "mux/halves.rs", "SEND_QUEUE.min(credit).saturating_sub(self.queue.len())", "SEND_QUEUE.saturating_sub(self.queue.len())"),
    ("credit is never given back", "mux/halves.rs", "self.owed() >= self.window / 2", "self.owed() > self.window"),
    ("a window grows for who reads nothing", "mux/halves.rs", "if self.queue.is_empty() && !self.discards {", "if !self.discards {"),
    ("lost wake-up of who writes to a stream", "mux/halves.rs", "if self.room() >= SEND_QUEUE / 2 || (self.queue.is_empty() && self.room() > 0) {", "if self.room() > SEND_QUEUE {"),
    ("lost wake-up of who reads of a stream", "mux/halves.rs", "self.queue.push(bytes, spare);\n        wake(&mut self.waker);", "self.queue.push(bytes, spare);"),
    ("a reset is a clean end", "mux/wire.rs", "if flags & RST != 0 {\n            self.handle_reset(id);", "if flags & RST != 0 {\n            self.handle_end(id);"),
    ("a peer opens streams without end", "mux/wire.rs", "|| self.theirs >= self.limit", ""),
    ("resets wait without end", "mux/wire.rs", "..MAX_RESETS => Ok(())", "..usize::MAX => Ok(())"),
    ("a stream takes the number of another", "mux/wire.rs", "|| self.live.contains_key(&id)", ""),
    ("a ping is not answered", "mux/wire.rs", "Item::Ping(value) => self.pong = Some(value),", "Item::Ping(_) => {}"),
    ("old streams starve", "mux/schedule.rs", "Standing::New(deficit) if !self.old.is_empty() => self.age(standing, deficit),", ""),
    ("new streams wait behind old ones", "mux/schedule.rs", "self.new.front().or(self.old.front()).copied()", "self.old.front().or(self.new.front()).copied()"),
    ("a turn has no end", "mux/schedule.rs", "*deficit -= bytes,", "*deficit -= bytes.min(0),"),
    ("the last frame is not the last", "mux/wire.rs", "self.closing == Closing::Wanted && room >= MIN_ROOM", "self.closing == Closing::Wanted"),
]

NEEDS = "bytes futures-util http parking_lot rand rcgen ring rustls serde serde_json sha2 socket2 thiserror tokio tokio-rustls tokio-tungstenite tokio-util tracing".split()
# The files of src/base that the link room uses.
BASE = "digest forward ring tls".split()
DEV_NEEDS = "proptest shuttle tokio turmoil yamux".split()
# The seeded cases of one run, and how much longer than the run without a mutant one may take.
SEEDS, PATIENCE = "2000", 4
# Some tests may hang, and the others shall still run.
THREADS = 16


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def make_crate(folder):
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    lines = ['[package]', 'name = "mini"', 'version = "0.1.0"', f'edition = "{manifest["package"]["edition"]}"']
    lines += ['[lib]', 'path = "lib.rs"', 'doctest = false', '[dependencies]']
    lines += [f'{name} = {toml(manifest["dependencies"][name])}' for name in NEEDS]
    lines += ['[dev-dependencies]']
    lines += [f'{name} = {toml(manifest["dev-dependencies"][name])}' for name in DEV_NEEDS]
    lines += ['[profile.dev]', 'debug = "line-tables-only"', '[profile.dev.package."*"]', 'debug = false']
    (folder / "Cargo.toml").write_text("\n".join(lines) + "\n")
    shutil.copy(ROOT / "Cargo.lock", folder)
    shutil.copytree(ROOT / "src/link", folder / "link")
    (folder / "base").mkdir()
    for name in BASE:
        shutil.copy(ROOT / f"src/base/{name}.rs", folder / "base")
    modules = " ".join(f"pub(crate) mod {name};" for name in BASE)
    (folder / "lib.rs").write_text(f"mod base {{ {modules} }}\npub mod link;\n")


class Verdict(enum.Enum):
    PASSES = "SURVIVES"
    FAILS = "killed"
    HANGS = "killed by time"
    NO_BUILD = "DOES NOT COMPILE"
    NOT_FOUND = "OUT OF DATE"


def test(folder, target, tests, patience):
    """How the tests end, how long they took without their build, and one that failed."""
    env = dict(os.environ, CARGO_TARGET_DIR=str(target), RESUME_SEEDS=SEEDS, PROPTEST_FAILURE_PERSISTENCE="off")
    build = ["cargo", "test", "--quiet", "--no-run"]
    if subprocess.run(build, cwd=folder, env=env, capture_output=True).returncode:
        return Verdict.NO_BUILD, 0, ""
    run = ["cargo", "test", tests, "--", f"--test-threads={THREADS}"]
    began = time.monotonic()
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(run, cwd=folder, env=env, start_new_session=True, stdout=log, stderr=subprocess.DEVNULL)
        verdict, failed = watch(process, folder / "log", began + patience)
    return verdict, time.monotonic() - began, failed


def watch(process, log, until):
    """Waits for the first test that fails, the end of all, or the end of patience."""
    while True:
        code = process.poll()
        failed = re.findall(r"^test \S*?link::(\S+) \.\.\. FAILED$", log.read_text(), re.MULTILINE)
        if failed or code is not None or time.monotonic() > until:
            break
        time.sleep(0.1)
    if code is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if failed:
        return Verdict.FAILS, failed[0]
    return {None: (Verdict.HANGS, ""), 0: (Verdict.PASSES, "")}.get(code, (Verdict.FAILS, "by a panic that ends all"))


def try_mutant(folder, target, tests, mutant, patience):
    _, file, there, instead = mutant
    path = folder / "link" / file
    text = path.read_text()
    if text.count(there) != 1:
        return Verdict.NOT_FOUND, ""
    path.write_text(text.replace(there, instead))
    verdict, _, failed = test(folder, target, tests, patience)
    path.write_text(text)
    return verdict, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=Path, help="keeps what is built")
    parser.add_argument("--tests", default="link::", help="only those whose path has this")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = options.target or folder / "target"
        make_crate(folder)
        verdict, took, _ = test(folder, target, options.tests, 600)
        if verdict is not Verdict.PASSES:
            sys.exit("the tests fail without any mutant")
        print(f"{took:.1f} s without a mutant", flush=True)
        bad = 0
        for mutant in MUTANTS:
            if options.words and not any(word in mutant[0] for word in options.words):
                continue
            began = time.monotonic()
            verdict, failed = try_mutant(folder, target, options.tests, mutant, PATIENCE * took + 10)
            bad += verdict not in (Verdict.FAILS, Verdict.HANGS)
            print(f"{verdict.value:>16}  {time.monotonic() - began:5.1f} s  {mutant[0]:<44} {failed}", flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
