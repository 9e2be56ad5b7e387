"""Mail accounts are made, changed and deleted; the others hear of each of it, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contracts.mail import MailAccountChanged
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outbox import announce
from kit.sealing import CannotUnseal, Seal
from mail_ingest import repository
from mail_ingest.errors import MailAccountExists, MailAccountInUse, MailboxFixed, SecretsLocked
from mail_ingest.models import MailAccount
from mail_ingest.repository import mail_account_uses
from mail_ingest.servers import Secrets, Server, mailbox_of, put_together, taken_apart

Fields = Mapping[str, Any]
"""The fields a caller named, by name; what is not in it stays as it is."""

Kind = Literal["imap", "smtp"]
_KINDS: tuple[Kind, ...] = ("imap", "smtp")
_PLAIN = ("name", "invitation_policy", "auto_create_from", "trusted_authserv_ids", "timezone")


async def create_account(session: AsyncSession, fields: Fields, *, seal: Seal, now: datetime) -> MailAccount:
    """Raises MailAccountExists for an address that has one: every mail would be fetched twice."""
    account = MailAccount(id=new_id(), version=0, name="", address="", timezone="", created_at=now, updated_at=now)
    await _set(session, account, fields, seal=seal, now=now)
    return account


async def change_account(
    session: AsyncSession, account: MailAccount, fields: Fields, *, seal: Seal, now: datetime
) -> None:
    """A changed way to the server also gives paused folders and refused logins another chance.

    Raises MailAccountInUse when somebody sends from it and its SMTP server is taken away, MailboxFixed when it would read
    another mailbox than the one it has fetched mail from.
    """
    if "imap" in fields:
        await _stay_with_mailbox(session, account, fields["imap"])
    if account.smtp is not None and "smtp" in fields and fields["smtp"] is None:
        await _check_unused(session, account)
    await _set(session, account, fields, seal=seal, now=now)
    if "imap" in fields:
        await resume_account(session, account, now=now)


async def _stay_with_mailbox(session: AsyncSession, account: MailAccount, wanted: Mapping[str, Any] | None) -> None:
    """features R89: what was fetched is known by folder and UID, which mean something else in another mailbox. The mailbox is
    remembered while the account has no server, too."""
    if account.fetched_from is None and account.imap is not None and await repository.has_fetched(session, account.id):
        account.fetched_from = mailbox_of(account.imap)
    if wanted is not None and account.fetched_from not in (None, mailbox_of(wanted)):
        raise MailboxFixed(dict(account.fetched_from or {}))


async def resume_account(session: AsyncSession, account: MailAccount, *, now: datetime) -> None:
    """Paused folders are read again; refused logins and mails that could not be fetched are tried at once."""
    await repository.resume_folders(session, account.id)
    await repository.retry_unfetched_at_once(session, account.id, now=now)
    health = await repository.find_health(session, account.id)
    if health is not None:
        health.refused_logins = []
        session.add(health)
        await session.flush()


async def delete_account(session: AsyncSession, account: MailAccount, *, now: datetime) -> None:
    """Its secrets are gone, its mail stays: cases and tasks speak of it. Raises MailAccountInUse."""
    await _check_unused(session, account)
    account.deleted_at = account.updated_at = now
    account.version += 1
    account.sealed = account.imap = account.smtp = None
    session.add(account)
    _announce(session, account)


async def _check_unused(session: AsyncSession, account: MailAccount) -> None:
    uses = await mail_account_uses.uses_of(session, account.id, [account.address, *account.aliases])
    if uses:
        told = [{"kind": use.kind, "id": use.used_by or None, "name": use.name} for use in uses]
        raise MailAccountInUse(account.id, told)


def secrets_of(account: MailAccount, seal: Seal) -> dict[str, Secrets]:
    """Raises SecretsLocked when they were sealed with a key we do not have."""
    if account.sealed is None:
        return {}
    try:
        return seal.unseal(account.sealed, owner=account.id)
    except CannotUnseal as error:
        raise SecretsLocked(str(error)) from error


def server_of(account: MailAccount, kind: Kind, seal: Seal) -> Server | None:
    """The server with the secrets to sign in there; None when the account has none."""
    server: Server | None = getattr(account, kind)
    return put_together(server, secrets_of(account, seal).get(kind, {})) if server is not None else None


async def _set(session: AsyncSession, account: MailAccount, fields: Fields, *, seal: Seal, now: datetime) -> None:
    for name in _PLAIN:
        if name in fields:
            setattr(account, name, fields[name])
    if "address" in fields:
        other = await repository.find_account_by_address(session, fields["address"])
        if other is not None and other.id != account.id:
            raise MailAccountExists(fields["address"], other.id)
        account.address = fields["address"]
    if "aliases" in fields or "address" in fields:
        aliases = fields.get("aliases", account.aliases)
        account.aliases = [alias for alias in dict.fromkeys(aliases) if alias != account.address]
    if "imap" in fields or "smtp" in fields:
        _set_servers(account, fields, seal)
    account.version += 1
    account.updated_at = now
    session.add(account)
    await session.flush()
    _announce(session, account)


def _set_servers(account: MailAccount, fields: Fields, seal: Seal) -> None:
    try:
        secrets = secrets_of(account, seal)
    except SecretsLocked:
        if any(kind not in fields and getattr(account, kind) is not None for kind in _KINDS):
            raise
        secrets = {}
    for kind in _KINDS:
        if kind not in fields:
            continue
        wanted = fields[kind]
        if wanted is None:
            setattr(account, kind, None)
            secrets.pop(kind, None)
            continue
        former = (getattr(account, kind), secrets.get(kind, {}))
        server, secrets[kind] = taken_apart(wanted, former, kind=kind)
        setattr(account, kind, server)
    account.sealed = seal.seal(secrets, owner=account.id) if any(secrets.values()) else None


def _announce(session: AsyncSession, account: MailAccount) -> UUID:
    return announce(
        session,
        MailAccountChanged.model_validate(
            {
                "mail_account_id": account.id,
                "name": account.name,
                "address": account.address,
                "aliases": account.aliases,
                "invitation_policy": account.invitation_policy,
                "timezone": account.timezone,
                "can_send": account.smtp is not None,
                "keeps_sent_copies": bool(account.imap and account.imap.get("keep_sent_copies")),
                "deleted": account.deleted_at is not None,
            }
        ),
    )
