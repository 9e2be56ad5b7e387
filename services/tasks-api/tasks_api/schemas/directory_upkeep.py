"""Lists of cards taken in, cards merged and erased."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Shape
from tasks_api.card_importing import Taken
from tasks_api.repository.recipients import Recipient


class MergeBody(Body):
    into: UUID = Field(description="The card that stays.")


class ErasureBody(Body):
    confirm: bool = Field(description="Must be true: an erasure cannot be undone.")


class ErasureShape(Shape):
    erased: bool = Field(description="False: nothing was left to erase.")


class CountsShape(Shape):
    created: int
    updated: int
    skipped: int


class ProblemShape(Shape):
    line: int
    column: str
    detail: str


class TakenShape(Shape):
    """What became of a list, or in a dry run what would. Lines with problems were left out."""

    dry_run: bool
    lines: int
    columns: dict[str, str] = Field(description="Heading → what it was taken for.")
    unknown_columns: list[str]
    accounts: CountsShape
    contacts: CountsShape
    problems: list[ProblemShape]

    @classmethod
    def of(cls, taken: Taken) -> TakenShape:
        return cls(
            dry_run=taken.dry_run,
            lines=taken.lines,
            columns=dict(taken.columns),
            unknown_columns=taken.unknown_columns,
            accounts=CountsShape(**taken.accounts),
            contacts=CountsShape(**taken.contacts),
            problems=[ProblemShape.model_validate(one) for one in taken.problems],
        )


class RecipientShape(Shape):
    """features R83: one address, and whose it is."""

    email: str
    name: str
    kind: Literal["account", "contact", "employee"]
    card_id: UUID
    account_id: UUID | None
    active: bool

    @classmethod
    def of(cls, recipient: Recipient) -> RecipientShape:
        return cls.model_validate(recipient)


class RecipientsShape(Shape):
    items: list[RecipientShape]


class DuplicatesShape(Shape):
    """Firms that share something: `why` is tax_id, email or name."""

    why: str
    shared: str
    account_ids: list[UUID]


class DuplicateGroupsShape(Shape):
    items: list[DuplicatesShape]
