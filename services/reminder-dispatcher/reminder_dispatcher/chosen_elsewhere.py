"""Whether what the settings name is there: mail accounts belong to mail-ingest, users to tasks-api (features R32, R33).

Our own copies are looked at first. What they do not know may be so new that nobody has told us yet: its owner is asked.
"""

from typing import Any, Protocol
from uuid import UUID

import httpx

from contracts.directory import UserChanged
from kit.database import Database
from kit.errors import FieldError
from kit.service_client import SiblingRefused
from reminder_dispatcher.automation import AutomationSettings
from reminder_dispatcher.errors import UnusableSettings
from reminder_dispatcher.repository import copies


class Sibling(Protocol):
    """What is needed of `kit.service_client.ServiceClient`."""

    async def call(self, service: str, method: str, path: str) -> httpx.Response: ...


async def check_chosen(database: Database, siblings: Sibling, settings: AutomationSettings) -> list[UserChanged]:
    """What was learned about users on the way, to be kept with the settings. Raises UnusableSettings, or SiblingUnavailable when
    the one who knows does not answer."""
    errors: list[FieldError] = []
    learned: list[UserChanged] = []
    account_id, user_id = settings.mail_account_id, settings.run_as_user_id
    async with database.reading() as session:
        account = await copies.find_mail_account(session, account_id) if account_id else None
        user = (await copies.users_by_id(session, [user_id])).get(user_id) if user_id else None
    if account_id is not None:
        known = not account.deleted if account is not None else await _has_mail_account(siblings, account_id)
        if not known:
            errors.append({"pointer": "/mail_account_id", "detail": f"There is no mail account {account_id}."})
    if user_id is not None:
        told = None if user is not None else await _ask_for_user(siblings, user_id)
        learned = [told] if told is not None else []
        if user is None and told is None:
            errors.append({"pointer": "/run_as_user_id", "detail": f"There is no user {user_id}."})
        elif not (user.active if user is not None else told is not None and told.active):
            errors.append({"pointer": "/run_as_user_id", "detail": f"The user {user_id} is not in use any more."})
    if errors:
        raise UnusableSettings(errors)
    return learned


async def _has_mail_account(siblings: Sibling, account_id: UUID) -> bool:
    return await _answer(siblings, "mail-ingest", f"/v1/mail-accounts/{account_id}") is not None


async def _ask_for_user(siblings: Sibling, user_id: UUID) -> UserChanged | None:
    told = await _answer(siblings, "tasks-api", f"/v1/users/{user_id}/name")
    if told is None:
        return None
    return UserChanged(user_id=user_id, version=told["version"], name=told["name"], active=told["active"])


async def _answer(siblings: Sibling, service: str, path: str) -> dict[str, Any] | None:
    """None for what is not there."""
    try:
        answer: dict[str, Any] = (await siblings.call(service, "GET", path)).json()
    except SiblingRefused as refusal:
        if refusal.answer_status == 404:
            return None
        raise
    return answer
