"""The documents' tasks: what a person types, word for word, and what it is for.

Two machines: the server of the documents (`relay.example.org`), which is also the colleague, the phone and
whoever sends webhooks; and a laptop with a service on port 3000 and its own SSH on port 22.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.with_name("outage")))

from cable import Place  # noqa: E402 (it is beside us only now)
from steps import play, step  # noqa: E402
from waiting import Failed, run, wait_until  # noqa: E402

SERVER, LAPTOP = "10.84.0.1", "10.84.0.2"
NAMES = ["relay", "tunnels", "hooks.tunnels", "shop.tunnels", "ci-1.tunnels"]
JOIN_LINK = re.compile(r"underpass://[0-9a-f]+@\S+")


class Page:
    """A document, and which of its commands were typed."""

    def __init__(self, root, name):
        self.name = name
        self.text = pathlib.Path(root, name).read_text(encoding="utf-8")
        lines = re.findall(r"^    (\S.*)$", self.text, re.MULTILINE)
        lines += re.findall(r"^\| `(underpass [^`]*)`", self.text, re.MULTILINE)
        self.commands = {line.split("  ")[0].strip() for line in lines}
        self.untyped = set(self.commands)

    def __getitem__(self, command):
        if command not in self.commands:
            raise Failed(f"{self.name} has no command {command!r}")
        self.untyped.discard(command)
        return command


class Typed:
    """A command that goes on until Ctrl-C. It ends with us."""

    def __init__(self, machine, command):
        self.command, self.lines = command, []
        self.child = subprocess.Popen(
            machine.shell(f"exec {command}" if "=" not in command.split()[0] else command),
            env=machine.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        for line in self.child.stdout:
            self.lines.append(line)

    def find(self, pattern):
        """The first thing of its output that is this."""
        def found():
            match = re.search(pattern, "".join(self.lines))
            if not match and self.child.poll() is not None:
                raise Failed(f"{self.command} ended with {self.child.returncode}: {self.lines}")
            return match and match[0]
        return wait_until(f"{pattern} of {self.command}", found)

    def stop(self):
        """As Ctrl-C does, to all that was typed."""
        os.killpg(self.child.pid, 2)
        status = self.child.wait(30)
        if status != 0:
            raise Failed(f"{self.command} ended with {status}: {self.lines}")

    def has_ended(self):
        return self.child.poll() is not None


class Machine:
    """Somebody's computer: a network, a home, and the program."""

    def __init__(self, day, name, within):
        self.root, self.within = day.root, within
        self.home = pathlib.Path(day.out, name)
        self.home.mkdir()
        self.environment = {**os.environ, "HOME": str(self.home), "PATH": f"{day.bin}:{os.environ['PATH']}"}

    def shell(self, command):
        # Another world begins in its own root.
        command = f"cd {shlex.quote(self.root)} && {command}"
        return self.within("setpriv", "--pdeathsig", "KILL", "bash", "-c", command)

    def type(self, command, **more):
        """Runs it to its end; its output."""
        done = subprocess.run(
            self.shell(command), env={**self.environment, **more},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )
        if done.returncode != 0:
            raise Failed(f"{command} ended with {done.returncode}: {done.stdout} {done.stderr}")
        return done.stdout

    def start(self, command):
        return Typed(self, command)


class Day:
    """What one step leaves to the next."""

    def __init__(self, binary, out, root):
        self.out, self.root = pathlib.Path(out), root
        self.bin = self.out / "bin"
        self.bin.mkdir()
        (self.bin / "underpass").symlink_to(binary)
        self.tasks, self.readme = Page(root, "docs/tasks.md"), Page(root, "README.md")
        self.sharing, self.service = Page(root, "docs/sharing.md"), Page(root, "docs/relay-service.md")
        self.server = self.laptop = self.relay = self.owner = self.alice = None

    def name(self, url):
        """Has a URL's name lead to the server, as the wildcard of its domain does."""
        name = url.split("/")[2].split(":")[0]
        if name.endswith(".tunnels.example.org"):
            with open(self.out / "hosts", "a", encoding="utf-8") as hosts:
                hosts.write(f"{SERVER} {name}\n")

    def served(self, url):
        """What somebody elsewhere gets."""
        return self.server.type(f"curl --silent --show-error --fail --max-time 20 '{url}'")

    def hosted(self, command, url):
        """Typed on the laptop, visited from elsewhere, ended."""
        host = self.laptop.start(command)
        found = host.find(url)
        self.name(found)
        page = self.served(found)
        if page != "hello\n":
            raise Failed(f"{found} answers {page!r}")
        host.stop()
        return found


def lay_the_cable(laptop):
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", str(laptop.holder.pid))
    for typed, address in ((run, SERVER), (laptop.run, LAPTOP)):
        typed("ip", "address", "add", f"{address}/24", "dev", "wire")
        typed("ip", "link", "set", "wire", "up")
    laptop.run("ip", "route", "add", "default", "via", SERVER)


def have_a_system_to_change(out):
    """What is installed from here on is seen by these two machines alone."""
    system = out / "system"
    system.mkdir()
    run("mount", "-t", "tmpfs", "tmpfs", str(system))
    for number, folder in enumerate(("/etc", "/usr/local/bin")):
        upper, work = system / f"upper{number}", system / f"work{number}"
        upper.mkdir()
        work.mkdir()
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={folder},upperdir={upper},workdir={work}", folder)
    for folder in ("/var/lib", "/run"):
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    # Where systemd runs there is such a folder; its command is a stand-in.
    for folder in ("/run/systemd/system", "/etc/systemd/system", "/run/sshd"):
        os.makedirs(folder, exist_ok=True)
    shutil.copy(pathlib.Path(__file__).with_name("systemctl.py"), "/usr/local/bin/systemctl")
    sudo = pathlib.Path("/usr/local/bin/sudo")
    sudo.write_text(
        '#!/bin/bash\nuser=root\n[[ $1 == -u ]] && { user=$2; shift 2; }\n'
        'exec setpriv --reuid "$user" --regid "$user" --init-groups env "$@"\n', encoding="utf-8")
    sudo.chmod(0o755)


@step
def two_machines_with_a_service_each(day):
    have_a_system_to_change(day.out)
    place = Place()
    lay_the_cable(place)
    day.server = Machine(day, "server", lambda *command: list(command))
    day.laptop = Machine(day, "laptop", place.within)
    hosts = day.out / "hosts"
    names = " ".join(f"{name}.example.org" for name in NAMES)
    hosts.write_text(f"127.0.0.1 localhost\n{SERVER} {names} nas.lan\n", encoding="utf-8")
    nobody = day.out / "resolv.conf"
    nobody.write_text("nameserver 127.0.0.1\n", encoding="utf-8")
    for typed in (run, place.run):
        typed("mount", "--bind", str(hosts), "/etc/hosts")
        # Whatever asks for another name is answered at once: nobody is there.
        typed("mount", "--bind", str(nobody), "/etc/resolv.conf")
    web = day.out / "web"
    web.mkdir()
    (web / "index.html").write_text("hello\n", encoding="utf-8")
    for machine, port in ((day.server, 80), (day.laptop, 3000)):
        machine.start(f"python3 -u -m http.server {port} --directory {web}").find("Serving HTTP")


@step
def a_relay_prints_its_join_link(day):
    command = day.readme["underpass relay --advertise relay.example.org --domain tunnels.example.org"]
    day.relay = day.server.start(command)
    day.owner = day.relay.find(JOIN_LINK)


@step
def somebody_with_the_join_link_hosts_there(day):
    command = day.readme["UNDERPASS_RELAY='underpass://…' underpass host 3000 --name shop"]
    return day.hosted(command.replace("underpass://…", day.owner), r"http://shop\.tunnels\.example\.org:7480/")


@step
def a_relay_for_a_team(day):
    said = day.server.type(day.tasks["underpass relay account add alice"])
    day.alice = JOIN_LINK.search(said)[0]
    day.laptop.type(day.tasks["underpass join LINK"].replace("LINK", f"'{day.alice}'"))


@step
def webhooks_have_a_url_that_stays(day):
    command = day.tasks["underpass host 3000 --name hooks"]
    url = r"http://hooks\.tunnels\.example\.org:7480/"
    return f"{day.hosted(command, url)} and again {day.hosted(command, url)}"


@step
def somebody_elsewhere_sees_what_runs_here(day):
    command = day.tasks["underpass host 3000 --reach internet"]
    return day.hosted(day.sharing[command], r"http://\S+\.tunnels\.example\.org:7480/")


@step
def a_machine_is_reached_by_ssh(day):
    place, etc = day.laptop, day.out / "ssh"
    etc.mkdir()
    for key in ("host", "id"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(etc / key))
    (etc / "sshd_config").write_text(
        f"HostKey {etc}/host\nAuthorizedKeysFile {etc}/id.pub\nStrictModes no\nPidFile none\n", encoding="utf-8")
    # The client's options are the reader's own; what is typed stays as it is.
    ssh = day.bin / "ssh"
    options = f"-i {etc}/id -o UserKnownHostsFile={etc}/known -o StrictHostKeyChecking=accept-new -o BatchMode=yes"
    ssh.write_text(f'#!/bin/sh\nexec /usr/bin/ssh {options} "$@" echo hello\n', encoding="utf-8")
    ssh.chmod(0o755)
    place.start(f"/usr/sbin/sshd -D -e -f {etc}/sshd_config").find("Server listening")
    host = place.start(day.tasks["underpass host 22 --protocol tcp --name box"])
    address = host.find(r"tcp://[^\s/]+").removeprefix("tcp://")
    name, port = address.rsplit(":", 1)
    command = day.tasks["ssh -p PORT you@HOST"]
    said = day.server.type(command.replace("PORT", port).replace("you@HOST", f"root@{name}"))
    if said != "hello\n":
        raise Failed(f"{said!r}")
    host.stop()
    return address


@step
def in_ci_a_command_gets_the_url(day):
    said = day.laptop.type(day.tasks["docs/examples/with-url.sh 3000 curl"], UNDERPASS_RELAY=day.alice)
    if said != "hello\n":
        raise Failed(f"{said!r}")


@step
def the_workflow_s_step_works(day):
    workflow = pathlib.Path(day.root, "docs/examples/github-actions.yml").read_text(encoding="utf-8")
    step_text = workflow.partition("- name: Test through the URL\n        run: |\n")[2]
    script = re.sub(r"^ {10}", "", step_text, flags=re.MULTILINE).replace("${{ github.run_id }}", "1")
    # Its service is the one that runs here: the port is taken.
    script = script.replace("python3 -m http.server 3000 &\n", "").rstrip()
    if "underpass host" not in script:
        raise Failed(f"the workflow has no such step: {step_text}")
    # What the runner does with what a step leaves behind.
    script += "\nkill -INT $COPROC_PID; wait $COPROC_PID"
    if (said := day.laptop.type(script, UNDERPASS_RELAY=day.alice)) != "hello\n":
        raise Failed(f"{said!r}")


@step
def whoever_leaves_the_team_is_cut_off(day):
    host = day.laptop.start("underpass host 3000 --name hooks")
    url = host.find(r"http://\S+/")
    day.served(url)
    day.server.type(day.tasks["underpass relay account remove alice"])
    wait_until("the host of who left ends", host.has_ended)
    day.laptop.type("underpass leave")


@step
def a_colleague_in_the_same_network_sees_it(day):
    command = day.tasks["underpass host 3000 --reach network"]
    return day.hosted(day.sharing[command], r"http://\S*10[.-]84[.-]0[.-]2\S*")


@step
def another_machine_s_service_is_hosted(day):
    host = day.laptop.start(day.readme["underpass host nas.lan:80"])
    url = host.find(r"http://\S+/")
    if (page := day.laptop.type(f"curl --silent --fail '{url}'")) != "hello\n":
        raise Failed(f"{url} answers {page!r}")
    host.stop()


@step
def every_command_of_the_tasks_was_typed(day):
    if day.tasks.untyped:
        raise Failed(f"{day.tasks.untyped}")
    day.relay.stop()
    return f"{len(day.tasks.commands)} commands"


@step
def a_server_has_its_relay_as_a_service(day):
    clone = day.out / "clone"
    (clone / "target/server").mkdir(parents=True)
    shutil.copy(day.bin / "underpass", clone / "target/server/underpass")
    # What it installs is what runs from here on.
    (day.bin / "underpass").unlink()
    day.server.root = str(clone)
    for command in (
        "sudo useradd --system --no-create-home --shell /usr/sbin/nologin underpass",
        "sudo install -m 755 target/server/underpass /usr/local/bin/underpass",
        "sudo underpass service install relay --advertise relay.example.org --domain tunnels.example.org",
    ):
        day.server.type(day.service[command])
    said = day.server.type(day.service[
        "sudo -u underpass UNDERPASS_HOME=/var/lib/underpass underpass relay account add alice"])
    join = JOIN_LINK.search(said)[0]
    url = day.hosted(f"UNDERPASS_RELAY='{join}' underpass host 3000 --name shop", r"http://shop\.\S+/")
    if "inactive" in (status := day.server.type("underpass service status relay")) or "active" not in status:
        raise Failed(status)
    day.server.type("sudo underpass service uninstall relay")
    if left := list(pathlib.Path("/etc/systemd/system").glob("underpass*")):
        raise Failed(f"{left}")
    shutil.rmtree(clone)
    untyped = [command for command in day.service.untyped if command.startswith("sudo")]
    if untyped:
        raise Failed(f"{untyped}")
    return url


def main():
    binary, out, root = sys.argv[1:]
    failed = play("tasks", Day(binary, out, root))
    # No thread keeps this process.
    os._exit(1 if failed else 0)


main()
