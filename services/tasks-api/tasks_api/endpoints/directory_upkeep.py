"""The directory kept in order: lists taken in, duplicates found and merged, people erased."""

from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from kit.body_limits import body_limit
from kit.tokens import ADMIN, Caller
from tasks_api import card_merging, erasing
from tasks_api.address_matching import Kind
from tasks_api.card_importing import OnDuplicate, import_cards
from tasks_api.card_rows import FIELDS, Field
from tasks_api.endpoints.callers import DirectoryReader, DirectoryWriter, in_crm
from tasks_api.endpoints.directory import account_shape, contact_shape
from tasks_api.endpoints.versioned import Version
from tasks_api.errors.directory import ErasureUnconfirmed, ListTooLarge, UnknownColumn
from tasks_api.folding import folded
from tasks_api.parts import The
from tasks_api.repository import card_matches, directory
from tasks_api.repository.recipients import recipients
from tasks_api.schemas.directory import AccountShape, ContactShape
from tasks_api.schemas.directory_upkeep import (
    DuplicateGroupsShape,
    DuplicatesShape,
    ErasureBody,
    ErasureShape,
    MergeBody,
    RecipientShape,
    RecipientsShape,
    TakenShape,
)
from tasks_api.viewer import DirectoryViewer

router = APIRouter(tags=["directory"])
Eraser = Annotated[Caller, Depends(in_crm("directory:write", ADMIN))]
_LISTS = {
    media_type: {"schema": {"type": "string", "format": "binary"}}
    for media_type in ("text/csv", "text/vcard", "application/octet-stream")
}
Columns = Annotated[
    list[str] | None, Query(max_length=50, description="What a heading means that we do not know: `Kod=tax_id`.")
]


@router.post(
    "/v1/directory/import",
    response_model=TakenShape,
    openapi_extra={"requestBody": {"required": True, "content": _LISTS}},
)
@body_limit(None)
async def take_in_list(
    the: The,
    _: DirectoryWriter,
    request: Request,
    dry_run: bool = False,
    on_duplicate: Annotated[OnDuplicate, Query(description="A firm or person that is there already.")] = "skip",
    column: Columns = None,
) -> TakenShape:
    """Take in firms and the people at them: CSV (any delimiter, UTF-8 or Windows-1250), XLSX or vCard.

    A firm is known by its NIP, else by an address, else by its name. `dry_run` tells what would happen.
    """
    content = await _body(request, the.settings.directory_import_bytes)
    taken = await import_cards(
        the.database,
        the.workers,
        content,
        dry_run=dry_run,
        on_duplicate=on_duplicate,
        columns=_columns(column or []),
        region=the.settings.phone_region,
        now=the.clock.now(),
    )
    return TakenShape.of(taken)


@router.get("/v1/directory/recipients", response_model=RecipientsShape)
async def show_recipients(
    the: The,
    caller: DirectoryReader,
    q: Annotated[str, Query(max_length=200, description="Parts of names or addresses, accents or not.")] = "",
    kind: Annotated[list[Kind] | None, Query(description="Only these cards.")] = None,
    account_id: Annotated[UUID | None, Query(description="A firm and the people at it.")] = None,
    include_inactive: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RecipientsShape:
    """The address book of who writes a mail: each address once, retired cards only when asked for (features R83)."""
    async with the.database.reading() as session:
        found = await recipients(
            session,
            folded(q).split()[:10],
            kinds=tuple(dict.fromkeys(kind or ("contact", "employee", "account"))),
            account_id=account_id,
            include_inactive=include_inactive,
            viewer=DirectoryViewer.behind(caller),
            limit=limit,
        )
    return RecipientsShape(items=[RecipientShape.of(one) for one in found])


@router.get("/v1/directory/duplicates", response_model=DuplicateGroupsShape)
async def show_duplicates(the: The, caller: DirectoryReader) -> DuplicateGroupsShape:
    """Firms that share a tax number, an address or a name, of those the caller sees."""
    async with the.database.reading() as session:
        found = await card_matches.duplicate_groups(session)
        named = {one for _, _, ids in found for one in ids}
        seen = await directory.accounts_among(session, named, DirectoryViewer.behind(caller))
    groups = [(why, shared, [one for one in ids if one in seen]) for why, shared, ids in found]
    return DuplicateGroupsShape(
        items=[DuplicatesShape(why=why, shared=shared, account_ids=ids) for why, shared, ids in groups if len(ids) > 1]
    )


@router.post("/v1/accounts/{account_id}/merge", response_model=AccountShape)
async def merge_account(
    the: The, caller: DirectoryWriter, account_id: UUID, body: MergeBody, version: Version
) -> AccountShape:
    """The firm becomes another card: its people, addresses, tasks and cases follow. The answer is the card that stays."""
    async with the.database.transaction() as session:
        viewer = DirectoryViewer.behind(caller)
        version.expect((await directory.get_account(session, account_id, viewer)).version)
        await directory.get_account(session, body.into, viewer)
        kept = await card_merging.merge_accounts(
            session, the.desk, account_id, body.into, by=caller.subject, now=the.clock.now()
        )
        shape = await account_shape(session, kept)
    return version.changed(shape)


@router.post("/v1/contacts/{contact_id}/merge", response_model=ContactShape)
async def merge_contact(
    the: The, caller: DirectoryWriter, contact_id: UUID, body: MergeBody, version: Version
) -> ContactShape:
    """Two cards of one person at the same firm become one. The answer is the card that stays."""
    async with the.database.transaction() as session:
        viewer = DirectoryViewer.behind(caller)
        version.expect((await directory.get_contact(session, contact_id, viewer)).version)
        await directory.get_contact(session, body.into, viewer)
        kept = await card_merging.merge_contacts(
            session, the.desk, contact_id, body.into, by=caller.subject, now=the.clock.now()
        )
        shape = await contact_shape(session, kept)
    return version.changed(shape)


@router.post("/v1/accounts/{account_id}/erasure", response_model=ErasureShape)
async def erase_account(the: The, caller: Eraser, account_id: UUID, body: ErasureBody) -> ErasureShape:
    """Erase a firm that is a person, and the people at it (GDPR article 17)."""
    return await _erased(the, caller, "account", account_id, body)


@router.post("/v1/contacts/{contact_id}/erasure", response_model=ErasureShape)
async def erase_contact(the: The, caller: Eraser, contact_id: UUID, body: ErasureBody) -> ErasureShape:
    """Erase a person: the card, the addresses, and where these stand in tasks and invitations."""
    return await _erased(the, caller, "contact", contact_id, body)


@router.post("/v1/employees/{employee_id}/erasure", response_model=ErasureShape)
async def erase_employee(the: The, caller: Eraser, employee_id: UUID, body: ErasureBody) -> ErasureShape:
    """Erase one of our own people; their login can no longer be used."""
    return await _erased(the, caller, "employee", employee_id, body)


async def _erased(
    the: The, caller: Caller, kind: Literal["account", "contact", "employee"], card_id: UUID, body: ErasureBody
) -> ErasureShape:
    if not body.confirm:
        raise ErasureUnconfirmed
    async with the.deciding() as session:
        await directory.require_card(session, kind, card_id)
        erased = await erasing.erase_card(session, the.desk, kind, card_id, by=caller.subject, now=the.clock.now())
    return ErasureShape(erased=erased)


def _columns(written: list[str]) -> dict[str, Field]:
    """`Kod=tax_id` → what the heading means."""
    columns: dict[str, Field] = {}
    for one in written:
        heading, _, name = one.rpartition("=")
        if name not in FIELDS:
            raise UnknownColumn(name)
        columns[heading] = cast("Field", name)
    return columns


async def _body(request: Request, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise ListTooLarge(most)
        pieces.append(piece)
    return b"".join(pieces)
