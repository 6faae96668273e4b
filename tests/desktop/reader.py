"""What a screen reader reads: the accessibility bus, walked carefully, for things vanish meanwhile."""

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402 (the version must be named first)


def walk(node):
    return (node for _, node in walk_deep(node))


def walk_deep(node, depth=0):
    """The node and all below it. What vanishes meanwhile is left out."""
    if node is None or depth > 40:
        return
    yield depth, node
    try:
        count = node.get_child_count()
    except GLib.Error:
        return
    for index in range(min(count, 500)):
        try:
            child = node.get_child_at_index(index)
            # One that was taken away and came back may be there and say nothing.
            if child is not None:
                child.get_name()
        except GLib.Error:
            continue
        yield from walk_deep(child, depth + 1)


def is_showing(node):
    try:
        return node.get_state_set().contains(Atspi.StateType.SHOWING)
    except GLib.Error:
        return False


def process_id(node):
    try:
        return node.get_process_id()
    except GLib.Error:
        return None


def read(node):
    """A node's name, description and text."""
    found = []
    try:
        found += [node.get_name(), node.get_description()]
        if node.get_text_iface() is not None:
            found.append(Atspi.Text.get_text(node, 0, -1))
    except GLib.Error:
        pass
    return [text for text in found if text]
