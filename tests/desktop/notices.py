"""A desktop's service for notices: keeps what it is asked to show, and clicks for the person.

As a module it is the test's hands; run by itself it is the service, on the session's bus.
"""

import json
import re
import sys

from waiting import wait_until

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
# What the test alone asks.
HANDS = "org.underpass.Test"


class Notices:
    """The notices that are on the desktop."""

    def __init__(self, desktop):
        self.desktop = desktop

    def start(self):
        self.desktop.spawn("notices", sys.executable, __file__)
        wait_until("a service for notices", lambda: self.desktop.bus.name_has_owner(NAME))

    def _ask(self, method, *arguments):
        service = self.desktop.bus.get_object(NAME, PATH)
        return service.get_dbus_method(method, HANDS)(*arguments)

    def shown(self):
        return json.loads(str(self._ask("Shown")))

    def wait(self, title, seconds):
        def find():
            return next((one for one in self.shown() if re.search(title, one["title"])), None)
        return wait_until(f"a notice {title!r}", find, seconds)

    def wait_closed(self, notice):
        wait_until(
            f"the notice {notice['title']!r} withdrawn",
            lambda: all(one["id"] != notice["id"] for one in self.shown()),
        )

    def click(self, notice, label):
        """Clicks the button with this label; nothing goes away by that, as on some desktops."""
        key = dict(zip(notice["actions"][1::2], notice["actions"][::2]))[label]
        self._ask("Click", notice["id"], key)


def serve():
    import dbus
    import dbus.service
    from dbus.mainloop.glib import DBusGMainLoop
    from gi.repository import GLib

    class Service(dbus.service.Object):
        shown = {}
        last = 0

        @dbus.service.method(NAME, out_signature="as")
        def GetCapabilities(self):
            return ["actions", "body", "body-markup"]

        @dbus.service.method(NAME, out_signature="ssss")
        def GetServerInformation(self):
            return "desktop test", "Underpass", "1", "1.2"

        @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
        def Notify(self, _app, instead, _icon, title, body, actions, _hints, _timeout):
            if not instead:
                self.last += 1
            number = int(instead) or self.last
            self.shown[number] = {
                "id": number,
                "title": str(title),
                "body": str(body),
                "actions": [str(action) for action in actions],
            }
            print("show", json.dumps(self.shown[number]), flush=True)
            return dbus.UInt32(number)

        @dbus.service.method(NAME, in_signature="u")
        def CloseNotification(self, number):
            print("close", int(number), flush=True)
            if self.shown.pop(int(number), None):
                self.NotificationClosed(number, 3)

        @dbus.service.signal(NAME, signature="uu")
        def NotificationClosed(self, number, why):
            pass

        @dbus.service.signal(NAME, signature="us")
        def ActionInvoked(self, number, key):
            pass

        @dbus.service.method(HANDS, out_signature="s")
        def Shown(self):
            return json.dumps(list(self.shown.values()))

        @dbus.service.method(HANDS, in_signature="us")
        def Click(self, number, key):
            self.ActionInvoked(number, key)

    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    name = dbus.service.BusName(NAME, bus, do_not_queue=True)
    service = Service(bus, PATH)
    GLib.MainLoop().run()
    del name, service


if __name__ == "__main__":
    serve()
