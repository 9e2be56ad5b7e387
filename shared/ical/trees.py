"""Content lines nested into components, with missing and stray ENDs put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ical.limits import Limits
from ical.lines import Property, read_line

EVENTS = frozenset({"VEVENT", "VTODO"})
_TOP_LEVEL = EVENTS | {"VTIMEZONE", "VJOURNAL", "VFREEBUSY"}


@dataclass(slots=True)
class Node:
    """A component as written. `closed` is False when the text ended before its END."""

    name: str
    properties: dict[str, list[Property]] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    closed: bool = False
    count: int = 0

    def first(self, name: str) -> Property | None:
        """The first property of that name that has a value, else the first one."""
        found = self.properties.get(name)
        if not found:
            return None
        return next((one for one in found if one.value.strip()), found[0])

    def all(self, name: str) -> list[Property]:
        return self.properties.get(name, [])

    def value(self, name: str) -> str:
        found = self.first(name)
        return found.value.strip() if found else ""

    def named(self, name: str) -> Iterator[Node]:
        return (child for child in self.children if child.name == name)


class TooDeep(ValueError):
    """Components nested deeper than the limit."""


def read_trees(text: str, limits: Limits) -> tuple[list[Node], int]:
    """The VCALENDARs of a text, and how many lines inside them were no content lines.

    Text before, between and after calendars is passed over. Events outside any calendar make one without METHOD.
    """
    reader = _Reader(limits)
    for line in text.split("\n"):
        reader.take(line)
    return reader.calendars, reader.strays


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.calendars: list[Node] = []
        self.strays = 0
        self._open: list[Node] = []

    def take(self, line: str) -> None:
        head = line[:6].upper()
        if head == "BEGIN:":
            self._begin(line[6:].strip().upper())
        elif head[:4] == "END:":
            self._end(line[4:].strip().upper())
        elif self._open:
            self._property(line)

    def _begin(self, name: str) -> None:
        if name == "VCALENDAR":
            self._open = []  # a calendar inside a calendar: its own, told apart by the number of calendars
            self._enter(Node(name))
            return
        if not self._open:
            if name not in EVENTS:
                return
            self._enter(Node("VCALENDAR", closed=True))
        if name in _TOP_LEVEL and any(node.name in _TOP_LEVEL for node in self._open[1:]):
            self._open[1].closed = True  # the END before it is missing; the event is whole all the same
            del self._open[1:]
        self._enter(Node(name))

    def _enter(self, node: Node) -> None:
        if len(self._open) >= self.limits.depth:
            raise TooDeep
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.calendars.append(node)
        self._open.append(node)

    def _end(self, name: str) -> None:
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place].name == name:
                for node in self._open[place:]:
                    node.closed = True
                del self._open[place:]
                return

    def _property(self, line: str) -> None:
        found = read_line(line)
        if found is None:
            self.strays += bool(line.strip())
            return
        node = self._open[-1]
        node.count += 1
        if node.count <= self.limits.properties:
            node.properties.setdefault(found.name, []).append(found)
