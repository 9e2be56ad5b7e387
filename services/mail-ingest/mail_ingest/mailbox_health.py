"""How one mail account is doing, put together from what its folders left behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.database import AsyncSession
from mail_ingest import repository
from mail_ingest.models import MailAccount
from mail_ingest.sources.health import AUTH_FAILED
from mail_ingest.sources.pauses import next_login_at


async def health_of(
    session: AsyncSession, account: MailAccount, *, now: datetime, logins_per_hour: int
) -> dict[str, Any]:
    """`push_only` for an account without an IMAP server; `starting` until the first word of the server."""
    health = await repository.find_health(session, account.id)
    folders = await repository.list_folders(session, account.id)
    watched = {folder["name"] for folder in account.imap["folders"]} if account.imap is not None else set()
    refused = [datetime.fromisoformat(moment) for moment in health.refused_logins] if health is not None else []
    state = "push_only" if account.imap is None else health.state if health is not None else "starting"
    last_success_at = health.last_success_at if health is not None else None
    return {
        "mail_account_id": account.id,
        "state": state,
        "since": health.since if health is not None else None,
        "last_success_at": last_success_at,
        "lag_seconds": max(0.0, (now - last_success_at).total_seconds()) if last_success_at is not None else None,
        "last_error": health.last_error if health is not None else None,
        "last_error_code": health.last_error_code if health is not None else None,
        "last_error_at": health.last_error_at if health is not None else None,
        "next_login_at": next_login_at(refused, per_hour=logins_per_hour) if state == AUTH_FAILED else None,
        "capabilities": health.capabilities if health is not None else [],
        "unfetched": await repository.count_unfetched(session, account.id),
        "unfetched_mails": await repository.list_unfetched(session, account.id),
        "folders": [folder for folder in folders if folder.name in watched],
    }
