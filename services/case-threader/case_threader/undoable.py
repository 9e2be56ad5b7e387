"""Ids inside the JSON of a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID


def text_ids(ids: Iterable[UUID]) -> list[str]:
    return [str(each) for each in ids]


def ids_in(document: Mapping[str, Any], name: str) -> list[UUID]:
    """The id or ids under this name; none when it is empty or missing."""
    value = document.get(name) or []
    return [UUID(each) for each in ([value] if isinstance(value, str) else value)]
