"""Facts about cases as other services are told them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from case_threader.subject_tags import tag_of
from contracts.cases import CaseClosed, CaseFact, CaseReopened


class CaseAsTold(Protocol):
    """What every `case.*` event says of the case."""

    id: UUID
    number: int
    title: str
    status: str
    account_id: UUID | None
    contact_id: UUID | None
    owner_id: UUID | None
    version: int


def facts_of(case: CaseAsTold, prefix: str) -> dict[str, Any]:
    """The fields of `CaseFact`; the tag is the one we write today."""
    return {
        "case_id": case.id,
        "number": case.number,
        "tag": tag_of(prefix, case.number),
        "title": case.title,
        "status": case.status,
        "account_id": case.account_id,
        "contact_id": case.contact_id,
        "owner_id": case.owner_id,
        "version": case.version,
    }


def status_fact(case: CaseAsTold, prefix: str, *, reason: str, at: datetime) -> CaseFact:
    """`case.closed` or `case.reopened`, as the case now stands."""
    kind = CaseClosed if case.status == "closed" else CaseReopened
    return kind(**facts_of(case, prefix), reason=reason, at=at)
