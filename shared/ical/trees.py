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
    """A component as written; its lines are taken apart when first asked for.

    `closed` is False when the text ended before its END.
    """

    name: str
    closed: bool = False
    children: list[Node] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    strays: int = 0  # lines that are no content lines; known once properties were asked for
    _properties: dict[str, list[Property]] | None = None

    @property
    def properties(self) -> dict[str, list[Property]]:
        if self._properties is None:
            self._properties = self._read()
        return self._properties

    def _read(self) -> dict[str, list[Property]]:
        properties: dict[str, list[Property]] = {}
        for line in self.lines:
            found = read_line(line)
            if found is None:
                self.strays += bool(line.strip())
            else:
                properties.setdefault(found.name, []).append(found)
        return properties

    def first(self, name: str) -> Property | None:
        """The first property of that name that has a value, else the first one."""
        found = self.properties.get(name)
        if not found:
            return None
        return next((one for one in found if one.value.strip()), found[0]) if len(found) > 1 else found[0]

    def all(self, name: str) -> list[Property]:
        return self.properties.get(name, [])

    def value(self, name: str) -> str:
        found = self.first(name)
        return found.value.strip() if found else ""

    def named(self, name: str) -> Iterator[Node]:
        return (child for child in self.children if child.name == name)


class TooDeep(ValueError):
    """Components nested deeper than the limit."""


def read_trees(text: str, limits: Limits) -> list[Node]:
    """The VCALENDARs of a text.

    Text before, between and after calendars is passed over. Events outside any calendar make one without METHOD. A component
    keeps one line more than the limit allows, so that it can be seen to have too many.
    """
    reader = _Reader(limits)
    for line in text.split("\n"):
        reader.take(line)
    return reader.calendars


class _Reader:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.calendars: list[Node] = []
        self._open: list[Node] = []
        self._events = 0

    def take(self, line: str) -> None:
        if self._events > self.limits.events:
            return None  # refused already; what follows need not be read
        if line[:1] in "BbEe":
            head = line[:6].upper()
            if head == "BEGIN:":
                return self._begin(line[6:].strip().upper())
            if head[:4] == "END:":
                return self._end(line[4:].strip().upper())
        if self._open and len(self._open[-1].lines) <= self.limits.properties:
            self._open[-1].lines.append(line)
        return None

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
        self._events += name in EVENTS
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
