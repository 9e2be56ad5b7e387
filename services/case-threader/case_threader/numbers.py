"""Case numbers and places in the search index, handed out in memory and written back once per transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Numbers:
    """A number is never used again; gaps are possible and mean nothing."""

    next_number: int
    next_place: int

    def case_number(self) -> int:
        self.next_number += 1
        return self.next_number - 1

    def place(self) -> int:
        self.next_place += 1
        return self.next_place - 1
