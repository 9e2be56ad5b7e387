"""What case-threader consists of: settings → parts → app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from case_threader.acknowledging import House
from case_threader.endpoints import (
    case_changes,
    case_settings,
    cases,
    filings,
    messages,
    replies,
    saved_replies,
    timeline,
    unassigned,
    wordings,
)
from case_threader.handlers import subscription
from case_threader.parts import ThreaderParts
from case_threader.sending import ReplySender
from case_threader.sent_copies import SentCopies
from case_threader.setting_up import begin_settings
from case_threader.settings import Settings
from case_threader.smtp_accesses import SmtpAccesses
from contracts.cases import (
    CaseClosed,
    CaseEventAdded,
    CaseMailFiled,
    CaseMerged,
    CaseOpened,
    CaseReopened,
    CaseReplySent,
)
from kit.application import build_app, make_parts
from kit.egress import Egress
from kit.events import Event
from kit.live_events import Earshot
from kit.smtp import SmtpSender

SAYS: tuple[type[Event], ...] = (
    CaseOpened, CaseMailFiled, CaseClosed, CaseReopened, CaseMerged, CaseEventAdded, CaseReplySent,
)  # fmt: skip
EARSHOT = Earshot({"case": ("cases:read",)})
ROUTERS = (
    case_settings.router,
    cases.router,
    case_changes.router,
    timeline.router,
    filings.router,
    unassigned.router,
    messages.router,
    replies.router,
    saved_replies.router,
    wordings.router,
)


def make_app(settings: Settings) -> FastAPI:
    """The service with its real parts."""
    return app_of(make_parts(settings, make=threader_parts))


def app_of(parts: ThreaderParts) -> FastAPI:
    """The service made of these parts; tests hand in others."""

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        async with parts.database.transaction() as session:
            await begin_settings(session, tag_prefix=parts.settings.tag_prefix)
        yield
        await parts.smtp.close()

    return build_app(
        parts,
        name="case-threader",
        title="Goniec: cases, filings, replies",
        package="case_threader",
        routers=ROUTERS,
        subscription=subscription(
            House(parts.settings.loop_mark, zone=parts.settings.default_timezone, locale=parts.settings.locale)
        ),
        background=[parts.reply_sender.send_replies, parts.sent_copies.keep_copies],
        says=SAYS,
        earshot=EARSHOT,
        lifespan=life,
    )


def threader_parts(**given: Any) -> ThreaderParts:
    """The parts every service has, and our own."""
    settings: Settings = given["settings"]
    smtp = SmtpSender(
        Egress(settings.allowed_private_hosts), connections=settings.smtp_connections, metrics=given["metrics"]
    )
    accesses = SmtpAccesses(given["service_client"])
    return ThreaderParts(
        **given,
        smtp=smtp,
        reply_sender=ReplySender(given["database"], given["clock"], smtp, accesses),
        sent_copies=SentCopies(given["database"], given["clock"], given["service_client"]),
    )
