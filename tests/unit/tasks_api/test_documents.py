"""What a task made from a document says (features W21-W24)."""

from __future__ import annotations

import pytest

from contracts.documents import DocumentPrinted, DocumentSent
from tasks_api.document_tasks import action_of
from tasks_api.documents import Document, description_of, source_document, title_of


@pytest.mark.parametrize(
    ("template", "title"),
    [
        (None, "order ZO/12/2026"),
        ("Zadzwoń w sprawie {number}", "Zadzwoń w sprawie ZO/12/2026"),
        ("{type}: {number}, {oops} {}", "order: ZO/12/2026, {oops} {}"),
        ("bez numeru", "bez numeru"),
        ("a\n{number}", "a ZO/12/2026"),
    ],
)
def test_titles(template: str | None, title: str) -> None:
    assert title_of(template, "order", "ZO/12/2026") == title


def test_the_number_comes_first_in_the_description() -> None:
    assert description_of("ZO/12/2026") == "ZO/12/2026"
    assert description_of("ZO/12/2026", "Pilne") == "ZO/12/2026\n\nPilne"


def test_a_link_to_the_document_is_kept() -> None:
    document = Document("order", "77")
    assert source_document(document, "ZO/12/2026") == {"type": "order", "id": "77", "number": "ZO/12/2026"}
    assert source_document(document, "ZO/12/2026", "document.sent")["action"] == "document.sent"


def test_the_action_has_no_version() -> None:
    fact = {"document_id": "1", "document_type": "order", "number": "1", "at": "2026-11-20T10:00:00Z"}
    assert action_of(DocumentPrinted.model_validate(fact)) == "document.printed"
    assert action_of(DocumentSent.model_validate(fact)) == "document.sent"
