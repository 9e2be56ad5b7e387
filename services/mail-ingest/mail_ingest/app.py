"""What mail-ingest consists of: settings → parts → app."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from contracts.calendar import CALENDAR_EVENTS, CalendarHeld
from contracts.mail import MailAccountChanged, MailAccountHealthChanged, MailQuarantined, MailReceived, MailSent
from kit.application import build_app, make_parts
from kit.egress import Egress, outbound_http
from kit.events import Event
from kit.live_events import Earshot
from kit.sealing import seal_of
from kit.settings import read_settings
from kit.smtp import SmtpSender
from kit.workers import WorkerPool
from mail_ingest.access_tokens import AccessTokens
from mail_ingest.account_book import AccountBook
from mail_ingest.endpoints import mail_accounts, messages, pushed_mail, quarantine, sent_copies
from mail_ingest.handlers import subscription
from mail_ingest.intake import Intake
from mail_ingest.measures import Measures
from mail_ingest.parts import MailIngestParts
from mail_ingest.probing import Prober
from mail_ingest.pushing import PushQueue
from mail_ingest.raw_store.opening import open_raw_store
from mail_ingest.recovering import Recovery
from mail_ingest.sent_copies import SentFolders
from mail_ingest.settings import Settings
from mail_ingest.sources.mailbox import FetchingParts, Sleep
from mail_ingest.sources.mailboxes import Mailboxes

SAYS: tuple[type[Event], ...] = (
    MailReceived,
    MailSent,
    MailQuarantined,
    MailAccountChanged,
    MailAccountHealthChanged,
    *CALENDAR_EVENTS.values(),
    CalendarHeld,
)
EARSHOT = Earshot({"mail": ("mail:read",), "mail_account": ("mail:read",), "calendar": ("mail:read",)})
ROUTERS = (mail_accounts.router, pushed_mail.router, messages.router, quarantine.router, sent_copies.router)
JOBS = "mail_ingest.parsing.jobs"
WALL_PER_CPU = 1.3
"""So much longer by the clock than by its own CPU time a mail may take: ten seconds of CPU end within fifteen anywhere."""


def make_app(settings: Settings) -> FastAPI:
    """The service with its real parts."""
    return app_of(make_parts(settings, make=mail_ingest_parts))


def create_app() -> FastAPI:
    """The service as the environment describes it."""
    return make_app(read_settings(Settings))


def app_of(parts: MailIngestParts) -> FastAPI:
    """The service made of these parts; tests hand in others."""

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        async with parts.workers, parts.smtp, parts.outbound:
            yield

    return build_app(
        parts,
        name="mail-ingest",
        title="Goniec: mail accounts, messages, quarantine",
        package="mail_ingest",
        routers=ROUTERS,
        subscription=subscription(),
        background=[
            parts.pushes.serve_pushes,
            parts.recovery.read_what_was_left,
            parts.mailboxes.watch_mailboxes,
        ],
        checks={"workers": parts.workers.check, "raw_store": parts.raw_store.check, "disk": parts.intake.disk},
        says=SAYS,
        earshot=EARSHOT,
        lifespan=life,
    )


def mail_ingest_parts(
    *,
    tls: ssl.SSLContext | None = None,
    workers: WorkerPool | None = None,
    sleep: Sleep = asyncio.sleep,
    **given: Any,
) -> MailIngestParts:
    """The parts every service has, and our own. For tests: other trusted certificates, other workers, another sleep."""
    settings: Settings = given["settings"]
    database, clock, metrics = given["database"], given["clock"], given["metrics"]
    seal = seal_of(settings.secret_key.get_secret_value() if settings.secret_key else None, settings.secret_key_file)
    egress = Egress(settings.allowed_private_hosts)
    outbound = outbound_http(egress, tls=tls)
    tokens = AccessTokens(outbound, database=database, seal=seal, clock=clock)
    smtp = SmtpSender(egress, tls=tls, metrics=metrics)
    workers = workers or WorkerPool(
        size=settings.workers,
        preload=(JOBS,),
        cpu_seconds=settings.worker_seconds,
        wall_seconds=settings.worker_seconds * WALL_PER_CPU,
        memory_mb=settings.worker_memory_mb,
        metrics=metrics,
    )
    raw_store = open_raw_store(settings.raw_store, clock)
    accounts = AccountBook(database)
    measures = Measures(metrics)
    intake = Intake(
        settings=settings,
        database=database,
        clock=clock,
        raw_store=raw_store,
        workers=workers,
        accounts=accounts,
        measures=measures,
    )
    fetching = FetchingParts(
        settings=settings,
        clock=clock,
        database=database,
        seal=seal,
        egress=egress,
        tokens=tokens,
        intake=intake,
        measures=measures,
        tls=tls,
        sleep=sleep,
    )
    return MailIngestParts(
        **given,
        seal=seal,
        egress=egress,
        outbound=outbound,
        tokens=tokens,
        smtp=smtp,
        prober=Prober(egress, tokens, smtp, tls=tls),
        workers=workers,
        raw_store=raw_store,
        accounts=accounts,
        measures=measures,
        intake=intake,
        pushes=PushQueue(intake, workers=settings.workers),
        recovery=Recovery(intake, database=database, clock=clock, measures=measures),
        mailboxes=Mailboxes(fetching, given["leases"]),
        sent_folders=SentFolders(fetching),
    )
