"""Users, for administrators; and oneself, for everybody."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from kit.tokens import ADMIN, Caller, SignedIn, requires
from tasks_api.endpoints.callers import DirectoryReader
from tasks_api.errors.people import BadGrant, NoUserBehindToken
from tasks_api.parts import The
from tasks_api.repository import people
from tasks_api.rights_keeping import remember
from tasks_api.schemas.people import MeShape, MyChange, UserBody, UserChange, UserNameShape, UserShape
from tasks_api.user_keeping import change_user, create_user, delete_user

router = APIRouter(tags=["users"])
Admin = Annotated[Caller, Depends(requires(ADMIN))]


@router.get("/v1/me", response_model=MeShape)
async def show_me(the: The, caller: SignedIn) -> MeShape:
    """Who the token speaks for."""
    async with the.database.reading() as session:
        user = await people.find_user(session, caller.user_id) if caller.user_id else None
    return MeShape(
        subject=caller.subject,
        scopes=sorted(caller.scopes),
        employee_id=caller.employee_id,
        user=UserShape.of(user) if user else None,
    )


@router.patch("/v1/me", response_model=UserShape)
async def change_me(the: The, caller: SignedIn, body: MyChange) -> UserShape:
    """Change one's own password or reminder settings."""
    if caller.user_id is None:
        raise NoUserBehindToken
    fields = body.fields()
    fields.pop("current_password", None)
    password = fields.pop("password", None)
    password_hash = None
    if password is not None:
        async with the.database.reading() as session:
            user = await people.get_user(session, caller.user_id)
        current = body.current_password.get_secret_value() if body.current_password else ""
        if not await the.passwords.matches(current, user.password_hash):
            raise BadGrant
        password_hash = await the.passwords.hash(password.get_secret_value())
    async with the.database.transaction() as session:
        changed = await change_user(session, caller.user_id, fields, password_hash=password_hash, now=the.clock.now())
        return UserShape.of(changed)


@router.get("/v1/users", response_model=Page[UserShape])
async def list_users(the: The, _: Admin, paging: PageWanted) -> Page[UserShape]:
    async with the.database.reading() as session:
        users = await people.list_users(session, paging)
    return page_of(users, paging, key=lambda user: (user.id,), shape=UserShape.of)


@router.post("/v1/users", response_model=UserShape, status_code=201)
async def add_user(the: The, caller: Admin, body: UserBody, response: Response) -> UserShape:
    password_hash = await the.passwords.hash(body.password.get_secret_value())
    now = the.clock.now()
    async with the.database.transaction() as session:
        user = await create_user(session, new_user_fields(body), password_hash=password_hash, now=now)
        shape = UserShape.of(user)
        await remember(session, "user", user.id, "created", {}, _rights(shape), by=caller.subject, now=now)
    the.sights.forget()
    response.headers["etag"] = etag_of(shape.version)
    response.headers["location"] = f"/v1/users/{shape.id}"
    return shape


@router.get("/v1/users/{user_id}", response_model=UserShape)
async def show_user(the: The, _: Admin, user_id: UUID, request: Request, response: Response) -> UserShape:
    async with the.database.reading() as session:
        user = await people.get_user(session, user_id)
    show_version(request, response, user.version)
    return UserShape.of(user)


@router.get("/v1/users/{user_id}/name", response_model=UserNameShape)
async def show_user_name(the: The, _: DirectoryReader, user_id: UUID) -> UserNameShape:
    """Who a login is and whether it is in use: for whoever reads the directory, without its rights."""
    async with the.database.reading() as session:
        return UserNameShape.of(await people.get_user(session, user_id))


@router.patch("/v1/users/{user_id}", response_model=UserShape)
async def patch_user(
    the: The, caller: Admin, user_id: UUID, body: UserChange, request: Request, response: Response
) -> UserShape:
    fields = body.fields()
    password = fields.pop("password", None)
    password_hash = None if password is None else await the.passwords.hash(password.get_secret_value())
    async with the.database.transaction() as session:
        known = await people.get_user(session, user_id)
        check_if_match(request, etag_of(known.version))
        before, now = _rights(UserShape.of(known)), the.clock.now()
        user = await change_user(session, user_id, fields, password_hash=password_hash, now=now)
        shape = UserShape.of(user)
        await remember(session, "user", user_id, "changed", before, _rights(shape), by=caller.subject, now=now)
    the.sights.forget()
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/users/{user_id}", status_code=204)
async def remove_user(the: The, caller: Admin, user_id: UUID, request: Request) -> None:
    """The tokens they have go on working until they end, a quarter of an hour at most."""
    async with the.database.transaction() as session:
        known = await people.get_user(session, user_id)
        check_if_match(request, etag_of(known.version))
        before = _rights(UserShape.of(known))
        await delete_user(session, user_id)
        await remember(session, "user", user_id, "deleted", before, {}, by=caller.subject, now=the.clock.now())
    the.sights.forget()


def _rights(user: UserShape) -> dict[str, Any]:
    """What of a login decides what they may do and see."""
    kept = user.model_dump(mode="json", include={"username", "scopes", "visibility_by_list", "employee_id", "active"})
    return {**kept, "visibility_by_list": dict(sorted(kept["visibility_by_list"].items()))}


def new_user_fields(body: Any) -> dict[str, Any]:
    """What a login is made of, without its password; scopes nobody named are the usual ones."""
    fields = {name: value for name, value in body if name != "password"}
    if fields["scopes"] is None:
        del fields["scopes"]
    if fields.get("name") is None:
        fields["name"] = body.username
    return fields
