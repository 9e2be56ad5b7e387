"""Filters people save: made and changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kit.database import AsyncSession
from kit.ids import new_id
from tasks_api.models.lists import SavedFilter


def save_filter(
    session: AsyncSession, *, name: str, document: dict[str, Any], shared: bool, subject: str, now: datetime
) -> SavedFilter:
    saved = SavedFilter(id=new_id(), subject=subject, name=name, filter=document, shared=shared, created_at=now)
    session.add(saved)
    return saved


def change_filter(session: AsyncSession, saved: SavedFilter, fields: Mapping[str, Any]) -> SavedFilter:
    """Change the named fields; the filter itself is replaced as a whole."""
    for name in ("name", "filter", "shared"):
        if name in fields:
            setattr(saved, name, fields[name])
    saved.version += 1
    session.add(saved)
    return saved
