"""What reminder-dispatcher consists of: settings → parts → app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI

from contracts.reminders import (
    ReminderArmed,
    ReminderDelivered,
    ReminderDue,
    ReminderFailed,
    ReminderMissed,
    ReminderSent,
    ReminderSettingsChanged,
    TemplateChanged,
)
from kit.application import build_app, make_parts
from kit.bell import Bell
from kit.egress import Egress, outbound_http
from kit.events import Event
from kit.live_events import Earshot
from kit.settings import read_settings
from kit.smtp import SmtpSender
from reminder_dispatcher.arming import ArmingRules
from reminder_dispatcher.automation import AutomationSettings
from reminder_dispatcher.channels.email import EmailChannel
from reminder_dispatcher.channels.gateways import sms_channel
from reminder_dispatcher.channels.in_app import InAppChannel
from reminder_dispatcher.channels.mail_accounts import MailAccounts
from reminder_dispatcher.channels.role import Channel, Sms
from reminder_dispatcher.composing import Language
from reminder_dispatcher.digests import Digests
from reminder_dispatcher.dispatch import Dispatcher
from reminder_dispatcher.endpoints import automation, delivery_reports, notices, reminders, sender_names, templates
from reminder_dispatcher.handlers import subscription
from reminder_dispatcher.lanes import Lane, LaneRules
from reminder_dispatcher.ledger import Ledger
from reminder_dispatcher.measures import Measures
from reminder_dispatcher.parts import ReminderParts
from reminder_dispatcher.recipients import NumberPolicy
from reminder_dispatcher.sender_names import SenderNames
from reminder_dispatcher.sendings import SendingFile
from reminder_dispatcher.settings import Settings
from reminder_dispatcher.settings_keeping import first_settings, tell_again_after_upgrade
from reminder_dispatcher.trials import Trials
from reminder_dispatcher.waiting import WaitingMatters
from reminder_dispatcher.zone_keeping import follow_zone_data

SAYS: tuple[type[Event], ...] = (
    ReminderArmed,
    ReminderDue,
    ReminderSent,
    ReminderDelivered,
    ReminderFailed,
    ReminderMissed,
    ReminderSettingsChanged,
    TemplateChanged,
)
EARSHOT = Earshot(
    {"reminder": ("reminders:read",), "reminder_settings": ("reminders:read",), "template": ("reminders:read",)}
)
ROUTERS = (
    automation.router,
    templates.router,
    notices.router,
    reminders.router,
    sender_names.router,
    delivery_reports.router,
)


def make_app(settings: Settings) -> FastAPI:
    """The service with its real parts."""
    return app_of(make_parts(settings, make=reminder_parts))


def create_app() -> FastAPI:
    """The service as its environment says."""
    return make_app(read_settings(Settings))


def app_of(parts: ReminderParts, *, dispatching: bool = True) -> FastAPI:
    """The service made of these parts; tests hand in others, and may dispatch by hand."""
    settings = parts.settings
    rules = ArmingRules(default_timezone=settings.default_timezone, day_begins_at=settings.all_day_begins_at)

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        async with parts.database.transaction() as session:
            await first_settings(session, AutomationSettings(late_grace=settings.late_grace), now=parts.clock.now())
            await tell_again_after_upgrade(session)
        await follow_zone_data(parts.database, rules, now=parts.clock.now())
        await parts.dispatcher.adopt()
        yield
        await parts.dispatcher.close()

    async def tell_of_missed_reminders() -> None:
        await parts.digests.run()

    async def look_for_what_waits() -> None:
        await parts.waiting.run()

    async def ask_about_sender_names() -> None:
        await parts.sender_names.run()

    app = build_app(
        parts,
        name="reminder-dispatcher",
        title="Goniec: reminders, templates, delivery log",
        package="reminder_dispatcher",
        routers=ROUTERS,
        subscription=subscription(rules, wake=parts.dispatcher.wake, when_caught_up=parts.dispatcher.hold.release),
        background=[
            *parts.dispatcher.backgrounds(),
            tell_of_missed_reminders,
            look_for_what_waits,
            ask_about_sender_names,
        ]
        if dispatching
        else [],
        checks={"dispatcher": parts.dispatcher.stalled},
        says=SAYS,
        earshot=EARSHOT,
        lifespan=life,
    )
    app.state.when_stopping.append(parts.bell.close)
    return app


def reminder_parts(*, sms: Channel[Sms] | None = None, **given: Any) -> ReminderParts:
    """The parts every service has, and our own; tests hand in a channel for SMS."""
    settings: Settings = given["settings"]
    egress = Egress(settings.allowed_private_hosts)
    sender = SmtpSender(egress, connections=settings.email_connections, metrics=given["metrics"])
    email = EmailChannel(
        sender, MailAccounts(given["service_client"]), loop_mark=settings.loop_mark, clock=given["clock"]
    )
    sms = sms or sms_channel(
        settings.sms_url.get_secret_value(), partial(outbound_http, egress), report_url=settings.report_address
    )
    language = Language(
        settings.locale, settings.default_timezone, NumberPolicy(settings.sms_region, settings.sms_country_codes)
    )
    database = given["database"]
    sendings, bell = SendingFile(settings.sendings_path), Bell()
    lane = partial(
        Lane,
        database=database,
        ledger=Ledger(database, sendings=sendings, bell=bell.ring),
        language=language,
        measures=Measures(given["metrics"]),
    )
    backlog = settings.backlog_per_minute
    per_domain, per_number = settings.email_per_domain_per_minute, settings.sms_per_number_per_minute
    lanes = [
        lane(LaneRules("email", settings.email_connections, settings.email_per_minute, backlog, per_domain), email),
        lane(LaneRules("sms", settings.sms_connections, settings.sms_per_minute, backlog, per_number), sms),
        lane(LaneRules("app", settings.sms_connections, backlog_per_minute=backlog), InAppChannel()),
    ]
    dispatcher = Dispatcher(database, lanes, sendings=sendings)
    return ReminderParts(
        **given,
        dispatcher=dispatcher,
        bell=bell,
        waiting=WaitingMatters(
            database, given["service_client"], default_timezone=settings.default_timezone, wake=dispatcher.wake
        ),
        trials=Trials(email, sms),
        sender_names=SenderNames(database, sms),
        digests=Digests(database, email, language),
        language=language,
        sms_kind=sms.kind,
    )
