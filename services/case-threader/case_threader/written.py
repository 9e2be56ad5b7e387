"""The rows that filing a batch of mails adds, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Row = dict[str, Any]


@dataclass(slots=True)
class Written:
    cases: dict[UUID, Row] = field(default_factory=dict)
    messages: dict[UUID, Row] = field(default_factory=dict)
    words: list[tuple[int, list[str]]] = field(default_factory=list)
    known_ids: list[Row] = field(default_factory=list)
    participants: dict[tuple[UUID, str], Row] = field(default_factory=dict)
    filings: dict[UUID, Row] = field(default_factory=dict)
