"""What tasks-api consists of: settings → parts → app."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from contracts.directory import AccountChanged, CardErased, ContactChanged, EmployeeChanged, UnitChanged, UserChanged
from contracts.tasks import (
    TASK_EVENTS,
    InvitationDecided,
    InvitationReplied,
    InvitationSent,
    InvitationUndelivered,
    InvitationWaiting,
)
from kit.application import build_app, make_parts
from kit.egress import Egress
from kit.events import Event
from kit.settings import read_settings
from kit.smtp import SmtpSender
from kit.smtp_accesses import SmtpAccesses
from kit.tokens import StaticKeys, TokenVerifier
from kit.workers import WorkerPool
from tasks_api.access_tokens import TokenIssuer
from tasks_api.desk import Desk
from tasks_api.endpoints import (
    attachments,
    auth,
    calendar,
    calendar_entries,
    dictionaries,
    directory,
    directory_upkeep,
    documents,
    feeds,
    filters,
    invitations,
    letters,
    live,
    mandatory_filters,
    occurrences,
    participants,
    reminders,
    series,
    stages,
    task_lists,
    task_types,
    tasks,
    threads,
    timers,
    units,
    users,
)
from tasks_api.handlers import subscription
from tasks_api.letter_sending import LetterSender
from tasks_api.parts import TasksParts
from tasks_api.passwords import Passwords, new_password
from tasks_api.scopes import SERVICE_SCOPES
from tasks_api.settings import Settings
from tasks_api.sights import Sights
from tasks_api.signing_in import SignIn
from tasks_api.signing_keys import SigningKeys, signing_keys
from tasks_api.user_keeping import ADMINISTRATOR, ensure_administrator
from tasks_api.window_extending import keep_windows_extended
from tasks_api.zone_keeping import follow_zone_data, keep_noting_zones

SAYS: tuple[type[Event], ...] = (
    *TASK_EVENTS,
    InvitationWaiting,
    InvitationDecided,
    InvitationReplied,
    InvitationSent,
    InvitationUndelivered,
    AccountChanged,
    ContactChanged,
    EmployeeChanged,
    UnitChanged,
    UserChanged,
    CardErased,
)
ROUTERS = (
    auth.router,
    users.router,
    directory.router,
    directory_upkeep.router,
    units.router,
    mandatory_filters.router,
    task_lists.router,
    filters.router,
    feeds.router,
    documents.router,
    tasks.router,
    reminders.router,
    task_types.router,
    dictionaries.router,
    stages.router,
    timers.router,
    attachments.router,
    participants.router,
    series.router,
    threads.router,
    invitations.router,
    letters.router,
    occurrences.router,
    calendar.router,
    calendar_entries.router,
)


def make_app(settings: Settings) -> FastAPI:
    """The service with its real parts."""
    keys = signing_keys(settings)
    parts = make_parts(settings, make=partial(tasks_parts, keys=keys))
    if settings.jwks_url == f"{settings.tasks_api_url}/.well-known/jwks.json":
        parts.verifier = own_verifier(parts, keys)
    return app_of(parts)


def create_app() -> FastAPI:
    """The service as the environment describes it."""
    return make_app(read_settings(Settings))


def app_of(parts: TasksParts) -> FastAPI:
    """The service made of these parts; tests hand in others."""

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        await _welcome_administrator(parts)
        await follow_zone_data(parts.database, parts.desk, now=parts.clock.now())
        async with parts.workers:
            yield
        parts.passwords.close()
        await parts.smtp.close()

    return build_app(
        parts,
        name="tasks-api",
        title="Goniec: tasks, invitations, directory, calendar, sign-in",
        package="tasks_api",
        routers=ROUTERS,
        subscription=subscription(parts.desk),
        background=[
            partial(keep_windows_extended, parts.database, parts.desk, parts.clock),
            parts.letter_sender.send_for_ever,
            partial(keep_noting_zones, parts.database, parts.clock),
        ],
        checks={"workers": parts.workers.check},
        says=SAYS,
        earshot=live.EARSHOT,
        lifespan=life,
    )


def tasks_parts(*, keys: SigningKeys, **given: Any) -> TasksParts:
    """The parts every service has, and our own."""
    settings: Settings = given["settings"]
    workers = WorkerPool(
        size=settings.workers,
        preload=("tasks_api.calendar_reading", "tasks_api.card_reading", "ical.recurrence"),
        metrics=given["metrics"],
    )
    passwords = Passwords()
    smtp = SmtpSender(
        Egress(settings.allowed_private_hosts), connections=settings.smtp_connections, metrics=given["metrics"]
    )
    accesses = SmtpAccesses(given["service_client"])
    return TasksParts(
        **given,
        smtp=smtp,
        letter_sender=LetterSender(given["database"], given["clock"], smtp, accesses),
        keys=keys,
        passwords=passwords,
        sign_in=SignIn(
            given["database"],
            TokenIssuer(keys, settings.issuer, settings.audience, settings.token_lifetime),
            passwords,
            client_secrets=_client_secrets(settings),
            free_tries=settings.wrong_passwords,
        ),
        desk=Desk.of(settings, workers),
        sights=Sights(given["database"], given["clock"]),
        workers=workers,
    )


def own_verifier(parts: TasksParts, keys: SigningKeys) -> TokenVerifier:
    """Whoever signs knows the keys; only a token of an external issuer needs a look at its JWKS."""
    settings = parts.settings
    return TokenVerifier(
        StaticKeys(keys.jwks()),
        clock=parts.clock,
        issuer=settings.issuer,
        audience=settings.audience,
        algorithms=settings.token_algorithms,
        scope_claim=settings.scope_claim,
    )


def _client_secrets(settings: Settings) -> dict[str, str]:
    """Every one of our services signs in with the secret of the installation; without one none can."""
    if settings.client_secret is None:
        return {}
    return dict.fromkeys(SERVICE_SCOPES, settings.client_secret.get_secret_value())


async def _welcome_administrator(parts: TasksParts) -> None:
    """On the first start somebody has to be able to sign in."""
    wanted = parts.settings.admin_password
    generated = new_password()
    is_new = await ensure_administrator(
        parts.database,
        parts.passwords,
        wanted=wanted.get_secret_value() if wanted else None,
        generated=generated,
        now=parts.clock.now(),
    )
    if is_new:
        sys.stdout.write(f"\n  First administrator: {ADMINISTRATOR}  password: {generated}  (shown only now)\n\n")
        sys.stdout.flush()
