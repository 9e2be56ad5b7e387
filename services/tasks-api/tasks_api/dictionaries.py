"""Which dictionaries there are, which field of a task each is for, and what people read (features K12-K14, K26, R49)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["pl", "en"]
Labels = Mapping[str, str]

FIELD_OF: dict[str, str] = {
    "interaction_kind": "kind_id",
    "priority": "priority_id",
    "category": "category_id",
    "stage": "stage_id",
}
"""Dictionary → the field of a task that holds one of its values."""

KIND_LABELS: dict[str, dict[str, str]] = {
    "task": {"pl": "Zadanie", "en": "Task"},
    "meeting": {"pl": "Spotkanie", "en": "Meeting"},
    "interaction": {"pl": "Kontakt", "en": "Interaction"},
}
REQUIRED_FIELDS: dict[str, tuple[str, ...]] = {
    "task": ("title",),
    "meeting": ("title", "account_id", "contact_ids", "assignee_ids"),
    "interaction": ("title", "account_id", "contact_ids"),
}
"""What one made by hand cannot do without (features K3, K23, K28)."""

STATUS_LABELS: dict[str, dict[str, str]] = {
    "planned": {"pl": "Zaplanowane", "en": "Planned"},
    "in_progress": {"pl": "W realizacji", "en": "In progress"},
    "completed": {"pl": "Zrealizowane", "en": "Completed"},
    "cancelled": {"pl": "Anulowane", "en": "Cancelled"},
}


def language_of(accepted: str | None, otherwise: str) -> Language:
    """The language to answer in: the first of Accept-Language (RFC 9110 section 12.5.4) that we speak, else our own."""
    for wanted in (accepted or "").split(","):
        tag = wanted.partition(";")[0].strip().lower()[:2]
        if tag == "pl":
            return "pl"
        if tag == "en":
            return "en"
    return "pl" if otherwise[:2].lower() == "pl" else "en"


def label_in(language: Language, labels: Labels, otherwise: str = "") -> str:
    """What people read; a label that is missing in their language is told in another."""
    return labels.get(language) or next((label for label in labels.values() if label), otherwise)
