"""A desktop to test on, and the hands and eyes of the person who sits at it.

It knows windows, the tray, the mouse and the accessibility bus; it knows nothing of what the program
under test does with them.
"""

import os
import re
import subprocess
import time

import dbus
from play import say
from reader import Atspi, is_showing, process_id, read, walk, walk_deep
from waiting import PATIENCE, Failed, end, run, wait_until

# What has not changed for so long has been drawn.
STANDS_STILL = 0.4
# How often a screenshot is taken anew before it is kept as it is.
SETTLES = 6


class Desktop:
    """Window manager, panel, accessibility bus; screenshots go to `out`."""

    def __init__(self, out):
        self.out = out
        self.children = []
        self.panel = None
        self.shots = 0
        # The windows of the open menus, the tray's own first.
        self.menus = []
        self.bus = dbus.SessionBus()

    def start(self):
        self._enable_accessibility()
        self.spawn("openbox", "openbox")
        # A client can only find the window manager once it has said who it is.
        wait_until("the window manager", lambda: "window id" in run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"))
        self.start_panel()

    def start_panel(self):
        self.panel = self.spawn("panel", "xfce4-panel", "--disable-wm-check")
        wait_until("a tray host", self.has_tray_host)

    def stop_panel(self):
        end(self.panel)
        wait_until("no tray host", lambda: not self.has_tray_host())

    def _enable_accessibility(self):
        """Programs only describe themselves when somebody listens: it must be said before they start."""
        status = self.bus.get_object("org.a11y.Bus", "/org/a11y/bus")
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            status.Set("org.a11y.Status", name, True, dbus_interface=dbus.PROPERTIES_IFACE)
        Atspi.init()
        Atspi.set_timeout(2000, 5000)

    def spawn(self, name, *command, **more):
        log = open(os.path.join(self.out, f"{name}.log"), "ab")
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        self.children.append(child)
        return child

    def stop(self):
        """Ends what this desktop started, newest first."""
        for child in reversed(self.children):
            end(child)

    def screenshot(self, name):
        """Keeps what is on the screen once it stands still; a clock in it may tick on."""
        if not self._panel_windows("menu"):
            # Out of the way of tooltips; with an open menu the pointer belongs to the picture.
            self.point(8, 690)
        self.shots += 1
        path = os.path.join(self.out, f"{self.shots:02}-{name}.png")
        last = None
        for _ in range(SETTLES):
            subprocess.run(["scrot", "--overwrite", "--pointer", path], check=True, timeout=30)
            with open(path, "rb") as file:
                before, last = last, file.read()
            if last == before:
                break
            time.sleep(STANDS_STILL)
        return path

    # The tray, as programs see it.

    def _watcher(self, name):
        watcher = self.bus.get_object("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher")
        return watcher.Get("org.kde.StatusNotifierWatcher", name, dbus_interface=dbus.PROPERTIES_IFACE)

    def has_tray_host(self):
        return self.bus.name_has_owner("org.kde.StatusNotifierWatcher") and bool(
            self._watcher("IsStatusNotifierHostRegistered")
        )

    def tray_item(self, pid):
        """The bus name and the path of the program's tray icon, or nothing."""
        daemon = self.bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus")
        for entry in self._watcher("RegisteredStatusNotifierItems"):
            name, _, path = str(entry).partition("/")
            if int(daemon.GetConnectionUnixProcessID(name)) == pid:
                return name, "/" + path
        return None

    def tray_property(self, pid, name):
        owner, path = wait_until("the tray icon", lambda: self.tray_item(pid))
        item = self.bus.get_object(owner, path)
        return item.Get("org.kde.StatusNotifierItem", name, dbus_interface=dbus.PROPERTIES_IFACE)

    def tray_layout(self, pid):
        """The tray's menu as a list of (label, enabled, entries below); lines between are left out."""
        owner, _ = wait_until("the tray icon", lambda: self.tray_item(pid))
        menu = self.bus.get_object(owner, self.tray_property(pid, "Menu"))
        _, root = menu.GetLayout(0, -1, dbus.Array([], "s"), dbus_interface="com.canonical.dbusmenu")
        return read_layout(root)

    def tray_labels(self, pid):
        """All labels of the tray's menu in order, submenus behind their entry."""
        return list(flatten(self.tray_layout(pid)))

    # The tray, as the person sees it.

    def _panel_windows(self, kind):
        """The windows of the panel's tray plugin: its place in the panel, or its open menus."""
        found = []
        for window in run("xdotool", "search", "--onlyvisible", "--class", "wrapper-2.0").split():
            is_menu = "POPUP_MENU" in run("xprop", "-id", window, "_NET_WM_WINDOW_TYPE")
            is_tooltip = "TOOLTIP" in run("xprop", "-id", window, "_NET_WM_WINDOW_TYPE")
            if not is_tooltip and is_menu == (kind == "menu"):
                box = geometry(window)
                if box:
                    found.append((window, *box))
        return found

    def tray_icon_at(self):
        """The middle of the tray icon on the screen: the only one in the panel's tray."""
        last = None
        def find():
            # The panel lays itself out in steps; an icon that still moves is not there yet.
            nonlocal last
            before, last = last, next(
                (
                    (x + width - height // 2, y + height // 2)
                    for _, x, y, width, height in self._panel_windows("place")
                    if width >= height // 2
                ),
                None,
            )
            return last if last == before else None
        return wait_until("the tray icon in the panel", find)

    def click(self, x, y, button=1):
        self.point(x, y)
        run("xdotool", "click", str(button))

    def point(self, x, y):
        run("xdotool", "mousemove", str(x), str(y))

    def key(self, *keys):
        run("xdotool", "key", "--clearmodifiers", *keys)

    def type(self, text):
        run("xdotool", "type", "--clearmodifiers", "--delay", "40", text)

    def open_tray_menu(self, pid):
        """Right click at the icon; returns once every line of the menu is on the screen."""
        def click():
            self.close_menu()
            self.click(*self.tray_icon_at(), button=3)
            return self._wait_menu(0, self.tray_layout(pid), PATIENCE / 3)
        return self._insist("open the tray's menu", click)

    def pick(self, pid, *patterns, click=True):
        """Opens the tray's menu, walks down the entries that match and clicks the last one, which
        only gets the pointer with `click=False`."""
        def walk_and_click():
            self._walk_menu(pid, patterns)
            if click:
                run("xdotool", "click", "1")
                wait_until("the menu closed", lambda: not self._panel_windows("menu"), PATIENCE / 3)
            return True
        self._insist(f"pick {patterns}", walk_and_click)

    def _walk_menu(self, pid, patterns):
        """Leaves the pointer at the last of the entries."""
        rows = self.open_tray_menu(pid)
        for depth, pattern in enumerate(patterns):
            label, (x, y), below = self._row(rows, pattern)
            self.point(x, y)
            if depth < len(patterns) - 1:
                if not below:
                    raise Failed(f"{label!r} opens no menu")
                rows = self._wait_menu(depth + 1, below, PATIENCE / 3)

    def _insist(self, what, attempt, times=3):
        """Tries again what the panel did not take: a menu that it lays out anew under the pointer
        swallows the click, and a person clicks once more. Each time is told, so that none is hidden."""
        for left in range(times - 1, -1, -1):
            try:
                return attempt()
            except Failed as failure:
                if not left:
                    raise
                say(f"    once more: {what}: {failure}")

    def _row(self, rows, pattern):
        for label, place, enabled, below in rows:
            if re.search(pattern, label):
                if not enabled:
                    raise Failed(f"{label!r} cannot be clicked")
                return label, place, below
        raise Failed(f"no entry {pattern!r} in {[row[0] for row in rows]}")

    def _wait_menu(self, depth, entries, seconds=PATIENCE):
        """Where each entry of the menu at this depth is: its label, place and what is below it."""
        def find():
            # A submenu opens to the side of the menu before it, so the newest is the last by id.
            menus = sorted(self._panel_windows("menu"), key=lambda menu: int(menu[0]))
            known = [menu for menu in menus if menu[0] not in self.menus[:depth]]
            if len(menus) != depth + 1 or len(known) != 1:
                return None
            window, x, y, width, height = known[0]
            lines = text_lines(window)
            if len(lines) != len(entries):
                return None
            self.menus[depth:] = [window]
            return [
                (label, (x + min(width // 2, 80), y + line), enabled, below)
                for line, (label, enabled, below) in zip(lines, entries)
            ]
        return wait_until(f"a menu with {[entry[0] for entry in entries]} on the screen", find, seconds)

    def close_menu(self):
        def closed():
            if self._panel_windows("menu"):
                self.key("Escape")
            return not self._panel_windows("menu")
        wait_until("the menu closed", closed)

    # Windows.

    def windows(self, pid):
        return run("xdotool", "search", "--onlyvisible", "--pid", str(pid)).split()

    def wait_window(self, pid, shown=True):
        what = "the window on the screen" if shown else "the window gone from the screen"
        return wait_until(what, lambda: bool(self.windows(pid)) == shown)

    def window(self, pid):
        """Its window. While others go, as those of a panel that ends, looking for it may fail."""
        return wait_until("its window on the screen", lambda: self.windows(pid))[-1]

    def focus(self, pid):
        window = self.window(pid)
        run("xdotool", "windowactivate", "--sync", window)
        return window

    def is_minimised(self, window):
        return "Iconic" in run("xprop", "-id", window, "WM_STATE")

    # What a screen reader would read.

    def _applications(self):
        """The applications on the accessibility bus, as they are now and not as they were."""
        desktop = Atspi.get_desktop(0)
        desktop.set_cache_mask(Atspi.Cache.NONE)
        for index in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(index)
            if child is not None:
                child.set_cache_mask(Atspi.Cache.NONE)
                yield child

    def application_of(self, pid):
        return next((child for child in self._applications() if process_id(child) == pid), None)

    def texts(self, pid):
        """Everything that can be read in the program's window."""
        return [text for node in walk(self.application_of(pid)) if is_showing(node) for text in read(node)]

    def wait_text(self, pid, pattern, seconds=PATIENCE):
        """The first match of `pattern` in the program's window."""
        def find():
            for text in self.texts(pid):
                found = re.search(pattern, text)
                if found:
                    return found
            return None
        return wait_until(f"{pattern!r} in the window", find, seconds)

    def find(self, pid, pattern, roles=None, on_top=False):
        """The first node of the program's window with this name (and one of these roles); or the one on top
        of the others, in a dialog over them."""
        def look():
            found = None
            for node in walk(self.application_of(pid)):
                if is_showing(node) and re.search(pattern, node.get_name() or ""):
                    if roles is None or node.get_role_name() in roles:
                        found = node
                        if not on_top:
                            break
            return found
        return wait_until(f"{pattern!r} in the window", look)

    def press(self, pid, pattern, roles=None, on_top=False):
        """Clicks with the mouse at what has this name, once it stands still."""
        last = None
        def find():
            nonlocal last
            before, last = last, self._box(self.find(pid, pattern, roles, on_top))
            return last if last == before else None
        x, y, width, height = wait_until(f"{pattern!r} in its place", find)
        self.click(x + width // 2, y + height // 2)

    def wheel(self, pid, pattern, down=True, notches=10):
        """Turns the wheel over what says this."""
        x, y, width, height = self._box(self.find(pid, pattern))
        self.point(x + width // 2, y + height // 2)
        run("xdotool", "click", "--repeat", str(notches), "5" if down else "4")

    def _box(self, node):
        """Where it is on the screen, once it is somewhere."""
        box = Atspi.Component.get_extents(node, Atspi.CoordType.SCREEN)
        return (box.x, box.y, box.width, box.height) if box.width > 0 and box.height > 0 else None

    def is_focused(self, node):
        return node.get_state_set().contains(Atspi.StateType.FOCUSED)

    def dump(self, pid, name):
        """Writes down what the accessibility bus says of the program: to find out why a step failed."""
        with open(os.path.join(self.out, f"{name}.a11y.txt"), "w", encoding="utf-8") as file:
            for depth, node in walk_deep(self.application_of(pid)):
                shown = "" if is_showing(node) else " (hidden)"
                file.write(f"{'  ' * depth}{node.get_role_name()}: {read(node)}{shown}\n")


def read_layout(node):
    return [
        # The protocol marks a key with one underscore and writes the character with two.
        (str(entry[1].get("label", "")).replace("__", "_"), bool(entry[1].get("enabled", True)), read_layout(entry))
        for entry in node[2]
        if entry[1].get("type", "") != "separator"
    ]


def flatten(entries):
    for label, _, below in entries:
        yield label
        yield from flatten(below)


def geometry(window):
    found = dict(
        line.split("=", 1) for line in run("xdotool", "getwindowgeometry", "--shell", window).splitlines()
    )
    return [int(found[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")] if "HEIGHT" in found else None


def text_lines(window):
    """The middle of each line of text in a menu, from its top: a band of rows that are not all of the
    background's colour. Lines between groups are too thin to be text."""
    box = geometry(window)
    if not box:
        return []
    _, _, width, height = box
    done = subprocess.run(
        ["import", "-window", window, "-depth", "8", "gray:-"], capture_output=True, timeout=30, check=False
    )
    pixels = done.stdout
    if len(pixels) != width * height:
        return []
    # A frame of a few pixels and the mark of a submenu at the right end are no text.
    rows = [pixels[row * width + 4 : (row + 1) * width - 30] for row in range(height)]
    background = max(set(rows[3]), key=rows[3].count)
    inked = [any(abs(pixel - background) > 40 for pixel in row) for row in rows]
    bands, start = [], None
    for row, ink in enumerate([*inked, False]):
        if ink and start is None:
            start = row
        elif not ink and start is not None:
            bands.append((start, row))
            start = None
    return [(start + end) // 2 for start, end in bands if end - start >= 5]
