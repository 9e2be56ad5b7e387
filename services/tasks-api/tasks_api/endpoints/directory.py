"""Accounts, contacts, employees, and whose an address is."""

from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from kit.tokens import ADMIN
from tasks_api import card_keeping
from tasks_api.endpoints.callers import DirectoryReader as Reader
from tasks_api.endpoints.callers import DirectoryWriter as Writer
from tasks_api.endpoints.users import new_user_fields
from tasks_api.errors.organisation import UnitNeedsAdministrator
from tasks_api.errors.people import LoginNeedsAdministrator
from tasks_api.folding import search_words
from tasks_api.models.directory import Account, Contact, Employee
from tasks_api.parts import The
from tasks_api.repository import directory, people
from tasks_api.rights_keeping import remember
from tasks_api.schemas.directory import (
    AccountBody,
    AccountChange,
    AccountShape,
    ContactBody,
    ContactChange,
    ContactShape,
    EmployeeBody,
    EmployeeChange,
    EmployeeShape,
    LearnedEmail,
    MatchShape,
)
from tasks_api.schemas.values import Email
from tasks_api.user_keeping import create_user
from tasks_api.viewer import DirectoryViewer

router = APIRouter(tags=["directory"])
S = TypeVar("S", AccountShape, ContactShape, EmployeeShape)
Words = Annotated[str, Query(alias="q", max_length=200, description="Words of the name, in any order.")]
Address = Annotated[Email | None, Query(alias="email", description="Only cards with this address.")]
InUse = Annotated[bool | None, Query(alias="active", description="Only cards in use, or only retired ones.")]


@router.get("/v1/directory/match", response_model=MatchShape)
async def match_address(the: The, caller: Reader, email: Email) -> MatchShape:
    """Whose address this is (features E5, E30), of the cards the caller sees."""
    async with the.database.reading() as session:
        match = await card_keeping.match_address(session, email, DirectoryViewer.behind(caller))
    return MatchShape.of(email, match)


# ---- accounts


@router.get("/v1/accounts", response_model=Page[AccountShape])
async def list_accounts(
    the: The,
    caller: Reader,
    paging: PageWanted,
    q: Words = "",
    email: Address = None,
    active: InUse = None,
    tax_id: Annotated[str | None, Query(max_length=30, description="NIP, PL before it or not.")] = None,
    owner_id: Annotated[UUID | None, Query(description="In whose care the firm is.")] = None,
) -> Page[AccountShape]:
    async with the.database.reading() as session:
        accounts = await directory.list_accounts(
            session,
            paging,
            words=search_words(q),
            email=email,
            active=active,
            tax_id="".join(letter for letter in tax_id.upper() if letter.isalnum()) if tax_id else None,
            owner_id=owner_id,
            viewer=DirectoryViewer.behind(caller),
        )
        shapes = await _account_shapes(session, accounts)
    return page_of(shapes, paging, key=lambda shape: (shape.id,), shape=lambda shape: shape)


@router.post("/v1/accounts", response_model=AccountShape, status_code=201)
async def add_account(the: The, _: Writer, body: AccountBody, response: Response) -> AccountShape:
    async with the.database.transaction() as session:
        account = await card_keeping.create_account(
            session, dict(body), region=the.settings.phone_region, now=the.clock.now()
        )
        shape = await account_shape(session, account)
    return _made(response, shape, f"/v1/accounts/{shape.id}")


@router.get("/v1/accounts/{account_id}", response_model=AccountShape)
async def show_account(
    the: The, caller: Reader, account_id: UUID, request: Request, response: Response
) -> AccountShape:
    async with the.database.reading() as session:
        shape = await account_shape(
            session, await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        )
    show_version(request, response, shape.version)
    return shape


@router.patch("/v1/accounts/{account_id}", response_model=AccountShape)
async def patch_account(
    the: The, caller: Writer, account_id: UUID, body: AccountChange, request: Request, response: Response
) -> AccountShape:
    async with the.database.transaction() as session:
        known = await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        check_if_match(request, etag_of(known.version))
        account = await card_keeping.change_account(
            session, account_id, body.fields(), region=the.settings.phone_region
        )
        shape = await account_shape(session, account)
    return _changed(response, shape)


@router.delete("/v1/accounts/{account_id}", status_code=204)
async def remove_account(the: The, caller: Writer, account_id: UUID, request: Request) -> None:
    """Delete a firm and the people at it; tasks that name it stay."""
    async with the.database.transaction() as session:
        known = await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        check_if_match(request, etag_of(known.version))
        await card_keeping.delete_account(session, account_id, now=the.clock.now())


@router.post("/v1/accounts/{account_id}/emails", response_model=AccountShape, status_code=201)
async def learn_account_email(
    the: The, caller: Writer, account_id: UUID, body: LearnedEmail, response: Response
) -> AccountShape:
    """Learn an address of a firm (features C21); 200 when it was known."""
    async with the.database.transaction() as session:
        await directory.get_account(session, account_id, DirectoryViewer.behind(caller))
        account, is_new = await card_keeping.learn_account_email(session, account_id, body.email)
        shape = await account_shape(session, account)
    response.status_code = 201 if is_new else 200
    return _changed(response, shape)


# ---- contacts


@router.get("/v1/contacts", response_model=Page[ContactShape])
async def list_contacts(
    the: The,
    caller: Reader,
    paging: PageWanted,
    account_id: UUID | None = None,
    q: Words = "",
    email: Address = None,
    active: InUse = None,
) -> Page[ContactShape]:
    async with the.database.reading() as session:
        contacts = await directory.list_contacts(
            session,
            paging,
            account_id=account_id,
            words=search_words(q),
            email=email,
            active=active,
            viewer=DirectoryViewer.behind(caller),
        )
        emails = await directory.emails_of(session, [contact.id for contact in contacts])
    return page_of(
        contacts,
        paging,
        key=lambda contact: (contact.id,),
        shape=lambda contact: ContactShape.of(contact, emails=emails[contact.id]),
    )


@router.post("/v1/contacts", response_model=ContactShape, status_code=201)
async def add_contact(the: The, caller: Writer, body: ContactBody, response: Response) -> ContactShape:
    async with the.database.transaction() as session:
        if not DirectoryViewer.behind(caller).sees_all_accounts:
            await directory.get_account(session, body.account_id, DirectoryViewer.behind(caller))
        contact = await card_keeping.create_contact(
            session, dict(body), region=the.settings.phone_region, now=the.clock.now()
        )
        shape = await contact_shape(session, contact)
    return _made(response, shape, f"/v1/contacts/{shape.id}")


@router.get("/v1/contacts/{contact_id}", response_model=ContactShape)
async def show_contact(
    the: The, caller: Reader, contact_id: UUID, request: Request, response: Response
) -> ContactShape:
    async with the.database.reading() as session:
        shape = await contact_shape(
            session, await directory.get_contact(session, contact_id, DirectoryViewer.behind(caller))
        )
    show_version(request, response, shape.version)
    return shape


@router.patch("/v1/contacts/{contact_id}", response_model=ContactShape)
async def patch_contact(
    the: The, caller: Writer, contact_id: UUID, body: ContactChange, request: Request, response: Response
) -> ContactShape:
    async with the.database.transaction() as session:
        known = await directory.get_contact(session, contact_id, DirectoryViewer.behind(caller))
        check_if_match(request, etag_of(known.version))
        contact = await card_keeping.change_contact(
            session, contact_id, body.fields(), region=the.settings.phone_region
        )
        shape = await contact_shape(session, contact)
    return _changed(response, shape)


@router.delete("/v1/contacts/{contact_id}", status_code=204)
async def remove_contact(the: The, caller: Writer, contact_id: UUID, request: Request) -> None:
    async with the.database.transaction() as session:
        known = await directory.get_contact(session, contact_id, DirectoryViewer.behind(caller))
        check_if_match(request, etag_of(known.version))
        await card_keeping.delete_contact(session, contact_id, now=the.clock.now())


@router.post("/v1/contacts/{contact_id}/emails", response_model=ContactShape, status_code=201)
async def learn_contact_email(
    the: The, caller: Writer, contact_id: UUID, body: LearnedEmail, response: Response
) -> ContactShape:
    """Learn an address of a person (features C21); 200 when it was known."""
    async with the.database.transaction() as session:
        await directory.get_contact(session, contact_id, DirectoryViewer.behind(caller))
        contact, is_new = await card_keeping.learn_contact_email(session, contact_id, body.email)
        shape = await contact_shape(session, contact)
    response.status_code = 201 if is_new else 200
    return _changed(response, shape)


# ---- employees


@router.get("/v1/employees", response_model=Page[EmployeeShape])
async def list_employees(
    the: The,
    _: Reader,
    paging: PageWanted,
    q: Words = "",
    email: Address = None,
    active: InUse = None,
    unit_id: Annotated[UUID | None, Query(description="Who belongs to this unit itself.")] = None,
) -> Page[EmployeeShape]:
    async with the.database.reading() as session:
        employees = await directory.list_employees(
            session, paging, words=search_words(q), email=email, active=active, unit_id=unit_id
        )
        shapes = await _employee_shapes(session, employees)
    return page_of(shapes, paging, key=lambda shape: (shape.id,), shape=lambda shape: shape)


@router.post("/v1/employees", response_model=EmployeeShape, status_code=201)
async def add_employee(the: The, caller: Writer, body: EmployeeBody, response: Response) -> EmployeeShape:
    """One of our own people. With `user` they get a login too, which only an administrator may give."""
    if body.user is not None and not caller.has(ADMIN):
        raise LoginNeedsAdministrator
    if body.unit_id is not None and not caller.has(ADMIN):
        raise UnitNeedsAdministrator
    now = the.clock.now()
    password_hash = await the.passwords.hash(body.user.password.get_secret_value()) if body.user else ""
    fields = {name: value for name, value in body if name != "user"}
    async with the.database.transaction() as session:
        employee = await card_keeping.create_employee(session, fields, region=the.settings.phone_region, now=now)
        if body.user is not None:
            login = {**new_user_fields(body.user), "name": body.name, "employee_id": employee.id}
            await create_user(session, login, password_hash=password_hash, now=now)
        await _remember_unit(session, employee, None, by=caller.subject, now=now)
        (shape,) = await _employee_shapes(session, [employee])
    the.sights.forget()
    return _made(response, shape, f"/v1/employees/{shape.id}")


@router.get("/v1/employees/{employee_id}", response_model=EmployeeShape)
async def show_employee(the: The, _: Reader, employee_id: UUID, request: Request, response: Response) -> EmployeeShape:
    async with the.database.reading() as session:
        (shape,) = await _employee_shapes(session, [await directory.get_employee(session, employee_id)])
    show_version(request, response, shape.version)
    return shape


@router.patch("/v1/employees/{employee_id}", response_model=EmployeeShape)
async def patch_employee(
    the: The, caller: Writer, employee_id: UUID, body: EmployeeChange, request: Request, response: Response
) -> EmployeeShape:
    if "unit_id" in body.model_fields_set and not caller.has(ADMIN):
        raise UnitNeedsAdministrator
    async with the.database.transaction() as session:
        known = await directory.get_employee(session, employee_id)
        check_if_match(request, etag_of(known.version))
        former = known.unit_id
        employee = await card_keeping.change_employee(
            session, employee_id, body.fields(), region=the.settings.phone_region
        )
        await _remember_unit(session, employee, former, by=caller.subject, now=the.clock.now())
        (shape,) = await _employee_shapes(session, [employee])
    the.sights.forget()
    return _changed(response, shape)


@router.delete("/v1/employees/{employee_id}", status_code=204)
async def remove_employee(the: The, _: Writer, employee_id: UUID, request: Request) -> None:
    async with the.database.transaction() as session:
        known = await directory.get_employee(session, employee_id)
        check_if_match(request, etag_of(known.version))
        await card_keeping.delete_employee(session, employee_id, now=the.clock.now())
    the.sights.forget()


async def _remember_unit(
    session: AsyncSession, employee: Employee, former: UUID | None, *, by: str, now: datetime
) -> None:
    before, after = (str(one) if one is not None else None for one in (former, employee.unit_id))
    await remember(session, "employee", employee.id, "moved", {"unit_id": before}, {"unit_id": after}, by=by, now=now)


# ---- shapes


async def _account_shapes(session: AsyncSession, accounts: list[Account]) -> list[AccountShape]:
    ids = [account.id for account in accounts]
    emails = await directory.emails_of(session, ids)
    defaults = await directory.default_contact_ids(session, ids)
    return [
        AccountShape.of(account, emails=emails[account.id], default_contact_id=defaults.get(account.id))
        for account in accounts
    ]


async def account_shape(session: AsyncSession, account: Account) -> AccountShape:
    (shape,) = await _account_shapes(session, [account])
    return shape


async def contact_shape(session: AsyncSession, contact: Contact) -> ContactShape:
    return ContactShape.of(contact, emails=(await directory.emails_of(session, [contact.id]))[contact.id])


async def _employee_shapes(session: AsyncSession, employees: list[Employee]) -> list[EmployeeShape]:
    ids = [employee.id for employee in employees]
    emails = await directory.emails_of(session, ids)
    users = await people.users_of_employees(session, ids)
    return [
        EmployeeShape.of(
            employee,
            emails=emails[employee.id],
            user_id=users[employee.id].id if employee.id in users else None,
        )
        for employee in employees
    ]


def _made(response: Response, shape: S, location: str) -> S:
    response.headers["location"] = location
    return _changed(response, shape)


def _changed(response: Response, shape: S) -> S:
    response.headers["etag"] = etag_of(shape.version)
    return shape
