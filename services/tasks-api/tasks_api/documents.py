"""A document of another system, and what a task made from it says (features W21-W24, W29). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

LONGEST_TYPE = 100
LONGEST_ID = 200
LONGEST_NUMBER = 300


@dataclass(frozen=True, slots=True)
class Document:
    """What a document is known by: its kind and its id in the other system."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Run:
    """A rule acting on one document: done once, unless the rule repeats (then `repeat_key` names the event)."""

    rule_id: UUID
    document: Document
    action: str
    repeat_key: str = ""


def title_of(template: str | None, document_type: str, number: str) -> str:
    """The title of the task: `{number}` and `{type}` of a template are filled in; without one, both stand there."""
    text = (template or "{type} {number}").replace("{number}", number).replace("{type}", document_type)
    return " ".join(text.split())[:1000] or number


def description_of(number: str, more: str = "") -> str:
    """The number of the document comes first (features W22)."""
    return f"{number}\n\n{more}" if more else number


def source_document(document: Document, number: str, action: str | None = None) -> dict[str, Any]:
    """What the task keeps of where it came from."""
    kept = {"type": document.type, "id": document.id, "number": number}
    return {**kept, "action": action} if action else kept
