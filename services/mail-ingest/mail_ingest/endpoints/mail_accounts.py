"""Mail accounts: made, changed, tested, and how they are doing."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller, requires
from mail_ingest import account_keeping, repository
from mail_ingest.account_keeping import secrets_of
from mail_ingest.mailbox_health import health_of
from mail_ingest.models import MailAccount
from mail_ingest.parts import MailIngestParts, The
from mail_ingest.schemas.mail_accounts import (
    HealthShape,
    MailAccountBody,
    MailAccountChange,
    MailAccountShape,
    ProbeBody,
    ProbeShape,
    SmtpAccessShape,
    StepShape,
)
from mail_ingest.sending_access import smtp_access
from mail_ingest.servers import put_together, shown, taken_apart

router = APIRouter(tags=["mail accounts"])
Reader = Annotated[Caller, Depends(requires("mail:read"))]
Writer = Annotated[Caller, Depends(requires("mail:write"))]
Sender = Annotated[Caller, Depends(requires("mail:send"))]


@router.get("/v1/mail-accounts", response_model=Page[MailAccountShape])
async def list_mail_accounts(the: The, _: Reader, paging: PageWanted) -> Page[MailAccountShape]:
    async with the.database.reading() as session:
        accounts = await repository.list_accounts(session, paging)
        health = await repository.list_health(session, [account.id for account in accounts])
    states = {account_id: one.state for account_id, one in health.items()}
    return page_of(
        accounts,
        paging,
        key=lambda account: (account.id,),
        shape=lambda account: _shape(account, states.get(account.id)),
    )


@router.post("/v1/mail-accounts", response_model=MailAccountShape, status_code=201)
async def add_mail_account(the: The, _: Writer, body: MailAccountBody, response: Response) -> MailAccountShape:
    """Add a mailbox. It is read from now on (`start` `new`), or from its first mail (`all`)."""
    fields = body.model_dump()
    fields["timezone"] = fields["timezone"] or the.settings.default_timezone
    async with the.database.transaction() as session:
        account = await account_keeping.create_account(session, fields, seal=the.seal, now=the.clock.now())
    the.mailboxes.changed(account.id)
    response.headers["location"] = f"/v1/mail-accounts/{account.id}"
    response.headers["etag"] = etag_of(account.version)
    return _shape(account, None)


@router.post("/v1/mail-accounts/test", response_model=ProbeShape)
async def try_mail_account(the: The, _: Writer, body: ProbeBody) -> ProbeShape:
    """Try the servers step by step: DNS → TLS → login → capabilities → folders → whether invitations arrive whole.

    With the `id` of an account that exists, its secrets stand in for those that are left out, and its servers for both.
    """
    imap, smtp = await _servers_to_try(the, body)
    steps = {
        "imap": await the.prober.try_imap(imap, account_id=body.id) if imap is not None else [],
        "smtp": await the.prober.try_smtp(smtp, account_id=body.id) if smtp is not None else [],
    }
    shapes = {kind: [StepShape.model_validate(step) for step in tried] for kind, tried in steps.items()}
    return ProbeShape(ok=all(step.ok for tried in shapes.values() for step in tried), **shapes)


@router.get("/v1/mail-accounts/{account_id}", response_model=MailAccountShape)
async def show_mail_account(
    the: The, _: Reader, account_id: UUID, request: Request, response: Response
) -> MailAccountShape:
    async with the.database.reading() as session:
        account = await repository.get_account(session, account_id)
        health = await repository.find_health(session, account_id)
    show_version(request, response, account.version)
    return _shape(account, health.state if health else None)


@router.patch("/v1/mail-accounts/{account_id}", response_model=MailAccountShape)
async def change_mail_account(
    the: The, _: Writer, account_id: UUID, body: MailAccountChange, request: Request, response: Response
) -> MailAccountShape:
    """Change a mailbox; it takes effect at once, without a restart. 409 when its `smtp` is taken away while reminders or a
    template send from it, and when its `imap` would be another mailbox than the one mail was fetched from (features R89)."""
    fields = {name: value for name, value in body.model_dump().items() if name in body.model_fields_set}
    async with the.database.transaction() as session:
        account = await repository.get_account(session, account_id)
        check_if_match(request, etag_of(account.version))
        await account_keeping.change_account(session, account, fields, seal=the.seal, now=the.clock.now())
        health = await repository.find_health(session, account_id)
    the.accounts.forget(account_id)
    the.mailboxes.changed(account_id)
    response.headers["etag"] = etag_of(account.version)
    return _shape(account, health.state if health else None)


@router.delete("/v1/mail-accounts/{account_id}", status_code=204)
async def remove_mail_account(the: The, _: Writer, account_id: UUID, request: Request) -> None:
    """Delete a mailbox: it is read no longer and its secrets are gone; its mail stays. 409 while reminders or a template send
    from it (features R33); `used_by` says which."""
    async with the.database.transaction() as session:
        account = await repository.get_account(session, account_id)
        check_if_match(request, etag_of(account.version))
        await account_keeping.delete_account(session, account, now=the.clock.now())
    the.accounts.forget(account_id)
    the.mailboxes.changed(account_id)


@router.get("/v1/mail-accounts/{account_id}/health", response_model=HealthShape)
async def show_mail_account_health(the: The, _: Reader, account_id: UUID) -> HealthShape:
    """Whether the mailbox is being read, and if not, why: in a sentence."""
    async with the.database.reading() as session:
        account = await repository.get_account(session, account_id)
        found = await health_of(
            session, account, now=the.clock.now(), logins_per_hour=the.settings.imap_logins_per_hour
        )
    return HealthShape.model_validate(found)


@router.post("/v1/mail-accounts/{account_id}/resume", response_model=HealthShape)
async def resume_mail_account(the: The, _: Writer, account_id: UUID) -> HealthShape:
    """Read paused folders again, and try refused logins and unfetched mails at once."""
    now = the.clock.now()
    async with the.database.transaction() as session:
        account = await repository.get_account(session, account_id)
        await account_keeping.resume_account(session, account, now=now)
        found = await health_of(session, account, now=now, logins_per_hour=the.settings.imap_logins_per_hour)
    the.mailboxes.changed(account_id)
    return HealthShape.model_validate(found)


@router.get("/v1/mail-accounts/{account_id}/smtp-access", response_model=SmtpAccessShape)
async def show_smtp_access(the: The, _: Sender, account_id: UUID, response: Response) -> SmtpAccessShape:
    """For the services that send: the SMTP server with the password, or with a short-lived OAuth 2 token."""
    async with the.database.reading() as session:
        account = await repository.get_account(session, account_id)
    access = await smtp_access(account, seal=the.seal, tokens=the.tokens)
    response.headers["cache-control"] = "no-store"
    return SmtpAccessShape.model_validate(access)


async def _servers_to_try(the: MailIngestParts, body: ProbeBody) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    wanted = body.model_dump()
    former: MailAccount | None = None
    if body.id is not None:
        async with the.database.reading() as session:
            former = await repository.get_account(session, body.id)
    secrets = secrets_of(former, the.seal) if former is not None else {}
    servers: list[dict[str, Any] | None] = []
    for kind in ("imap", "smtp"):
        known = getattr(former, kind, None)
        if wanted[kind] is not None:
            server, own = taken_apart(wanted[kind], (known, secrets.get(kind, {})), kind=kind)
            servers.append(put_together(server, own))
        elif known is not None and body.imap is None and body.smtp is None:
            servers.append(put_together(known, secrets.get(kind, {})))
        else:
            servers.append(None)
    return servers[0], servers[1]


def _shape(account: MailAccount, state: str | None) -> MailAccountShape:
    return MailAccountShape.model_validate(
        {
            **account.model_dump(exclude={"sealed", "deleted_at"}),
            "imap": shown(account.imap, has_secret=account.sealed is not None),
            "smtp": shown(account.smtp, has_secret=account.sealed is not None),
            "state": (state or "starting") if account.imap is not None else "push_only",
        }
    )
