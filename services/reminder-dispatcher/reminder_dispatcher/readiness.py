"""What still has to be set up before reminders leave, in the order in which people do it (features R31)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from kit.database import AsyncSession
from reminder_dispatcher.automation import AutomationSettings
from reminder_dispatcher.repository import automation as repository
from reminder_dispatcher.repository import copies, sender_names
from reminder_dispatcher.repository import templates as template_repository
from reminder_dispatcher.template_channels import words_of

_PLACES = {
    "client": "client",
    "operator": "operator",
    "unanswered_cases": "case",
    "waiting_invitations": "invitation",
}


@dataclass(frozen=True, slots=True)
class SetUpStep:
    """`required`: nothing leaves, or not by this way, while it is not done."""

    step: str
    done: bool
    detail: str
    required: bool = True


async def set_up_steps(session: AsyncSession, *, sms_kind: str, stalled: str | None, now: datetime) -> list[SetUpStep]:
    settings = await repository.get_settings(session)
    used = {plan.channel for _, _, plan in settings.plans()}
    return [
        SetUpStep("dispatcher", stalled is None, stalled or "The dispatcher is running."),
        *await _mail_steps(session, settings, used),
        *_sms_steps(used, sms_kind),
        *await _sender_steps(session, settings, used),
        *await _run_as_steps(session, settings),
        *await _template_steps(session, settings),
        *await _channel_steps(session, now),
        SetUpStep(
            "enabled", settings.enabled, "Reminders are on." if settings.enabled else "Switch on with enabled: true."
        ),
    ]


async def _mail_steps(session: AsyncSession, settings: AutomationSettings, used: Collection[str]) -> list[SetUpStep]:
    needed = "email" in used
    if settings.mail_account_id is None:
        return [
            SetUpStep("mail_account", False, "Set mail_account_id: the account e-mails leave from.", required=needed)
        ]
    account = await copies.find_mail_account(session, settings.mail_account_id)
    if account is None or account.deleted:
        return [SetUpStep("mail_account", False, "The mail account of the settings does not exist.", required=needed)]
    detail = "E-mails leave from the mail account of the settings."
    if not account.can_send:
        detail = "The mail account has no SMTP access; add it at mail-ingest."
    return [SetUpStep("mail_account", account.can_send, detail, required=needed)]


def _sms_steps(used: Collection[str], sms_kind: str) -> list[SetUpStep]:
    if sms_kind != "console":
        return [SetUpStep("sms_gateway", True, f"SMS leave through {sms_kind}.")]
    detail = "SMS are only shown on the console; set GONIEC_SMS_URL to send them."
    return [SetUpStep("sms_gateway", "sms" not in used, detail, required=False)] if "sms" in used else []


async def _sender_steps(session: AsyncSession, settings: AutomationSettings, used: Collection[str]) -> list[SetUpStep]:
    """features R74. Until the name may be used, SMS leave under that of the gateway."""
    if settings.sms_sender is None or "sms" not in used:
        return []
    known = await sender_names.find_sender_name(session, settings.sms_sender)
    if known is not None and known.status == "approved":
        return [SetUpStep("sms_sender", True, f"SMS bear the name {settings.sms_sender}.", required=False)]
    lacking = (
        "the statement of its owner" if known is None or known.statement is None else "the approval of the gateway"
    )
    detail = f"The sender name {settings.sms_sender} waits for {lacking}; SMS bear the gateway's own sender."
    return [SetUpStep("sms_sender", False, detail, required=False)]


async def _run_as_steps(session: AsyncSession, settings: AutomationSettings) -> list[SetUpStep]:
    """features R32. A user who left holds nothing up: reminders are for those who wait for them."""
    if settings.run_as_user_id is None:
        return []
    user = (await copies.users_by_id(session, [settings.run_as_user_id])).get(settings.run_as_user_id)
    if user is not None and user.active:
        return [SetUpStep("run_as", True, f"Reminders are sent on behalf of {user.name}.", required=False)]
    detail = "The user on whose behalf reminders are sent is not in use any more; set run_as_user_id."
    return [SetUpStep("run_as", False, detail, required=False)]


async def _template_steps(session: AsyncSession, settings: AutomationSettings) -> list[SetUpStep]:
    defaults = {(one.channel, one.context) for one in await template_repository.all_defaults(session)}
    lacking = [
        f"{plan.channel} for {_PLACES[whose]}"
        for whose, _, plan in settings.plans()
        if plan.template_id is None
        and not {(words_of(plan.channel), _PLACES[whose]), (words_of(plan.channel), "*")} & defaults
    ]
    detail = f"No template for {', '.join(lacking)}." if lacking else "Every channel has a template."
    return [SetUpStep("templates", not lacking, detail)]


async def _channel_steps(session: AsyncSession, now: datetime) -> list[SetUpStep]:
    return [
        SetUpStep(f"channel_{state.channel}", False, f"{state.channel} rests: {state.reason}. {state.detail}".strip())
        for state in await repository.list_channel_states(session)
        if state.paused_until > now or state.failures
    ]
