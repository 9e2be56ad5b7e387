"""To whom a reminder goes, found when it is sent: what was typed on the task, then the cards. Pure (features R12-R17, R70-R73).

A Recipient or the reason why there is none; nothing here looks anything up.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from contracts.tasks import TaskParticipant
from reminder_dispatcher.merge_fields import Locale
from reminder_dispatcher.phone_numbers import NotANumber, NumberNotAllowed, e164, is_mobile

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63})*)\.?")


class Card(Protocol):
    """An account or a contact as the directory told it."""

    name: str
    emails: list[str]
    phone: str | None
    mobile: str | None
    sms_phone: str | None


class StaffCard(Protocol):
    """An employee as the directory told it."""

    name: str
    email: str | None
    phone: str | None
    reminders_enabled: bool
    active: bool
    locale: str | None


@dataclass(frozen=True, slots=True)
class NumberPolicy:
    """Where SMS may go: numbers without a country code belong to `region`; `countries` empty allows all."""

    region: str = "PL"
    countries: Collection[int] = (48,)


@dataclass(frozen=True, slots=True)
class Recipient:
    address: str  # an e-mail address, a number as +48600100200, or "app"
    name: str
    locale: Locale
    origin: Literal["task", "participant", "contact", "account", "employee"]


@dataclass(frozen=True, slots=True)
class NoRecipient:
    """Nobody can be told. `final` is False for what is no failure but a wish (`opted_out`)."""

    reason: str
    detail: str
    is_wish: bool = False


Found = Recipient | NoRecipient


def client_recipient(
    channel: str,
    *,
    typed: str | None,
    contacts: Sequence[Card],
    account: Card | None,
    locale: Locale,
    policy: NumberPolicy,
    party: StaffCard | None = None,
) -> Found:
    """What was typed on the task, else the first contact with an address, else the account, or the employee the task is with
    (features R12-R14, R17)."""
    name = next((card.name for card in (*contacts, account, party) if card is not None), "")
    locale = spoken(party.locale, locale) if party is not None else locale
    if typed:
        return _usable(channel, typed, name=name, locale=locale, origin="task", policy=policy)
    for card in contacts:
        address = _of_card(channel, card, policy)
        if address:
            return _usable(channel, address, name=card.name, locale=locale, origin="contact", policy=policy)
    address = _of_card(channel, account, policy) if account else None
    if account and address:
        return _usable(channel, address, name=account.name, locale=locale, origin="account", policy=policy)
    address = (party.phone if channel == "sms" else party.email) if party is not None and party.active else None
    if party and address:
        return _usable(channel, address, name=party.name, locale=locale, origin="employee", policy=policy)
    what = "a number for SMS" if channel == "sms" else "an e-mail address"
    return NoRecipient("no_recipient", f"Neither the task, its contacts nor its account have {what}.")


def operator_recipient(
    channel: str,
    *,
    participant: TaskParticipant | None,
    card: StaffCard | None,
    default_locale: Locale,
    policy: NumberPolicy,
) -> Found:
    """The participant row of the task, else the employee's card (features R15, R20, R70). Who opted out is not told (W6)."""
    if card is not None and not card.reminders_enabled:
        return NoRecipient("opted_out", "This person has switched reminders off.", is_wish=True)
    name = card.name if card else ""
    locale = spoken(card.locale if card else None, default_locale)
    if channel == "app":
        if card is None or not card.active:
            return NoRecipient("no_recipient", "The employee is not known or no longer active.")
        return Recipient("app", name, locale, "employee")
    typed = (participant.phone if channel == "sms" else participant.email) if participant else None
    if typed:
        return _usable(channel, typed, name=name, locale=locale, origin="participant", policy=policy)
    if card is None or not card.active:
        return NoRecipient("no_recipient", "The employee is not known or no longer active.")
    address = card.phone if channel == "sms" else card.email
    if not address:
        what = "phone number" if channel == "sms" else "e-mail address"
        return NoRecipient("no_recipient", f"Neither the participant row nor the employee's card has a {what}.")
    return _usable(channel, address, name=name, locale=locale, origin="employee", policy=policy)


def spoken(wanted: str | None, default: Locale) -> Locale:
    """The language of ours that comes nearest to a locale like `pl_PL` or `en-GB`."""
    language = (wanted or "").replace("_", "-").partition("-")[0].lower()
    if language == "pl":
        return "pl"
    return default if not language else "en"


def wire_address(address: str) -> str | None:
    """The address as SMTP takes it (domain in ASCII), or None when it cannot be one. RFC 5321 section 4.1.2 without quoting."""
    match = _ADDRESS.fullmatch(address.strip())
    if match is None:
        return None
    domain = match[1]
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return None
    return f"{match[0].rpartition('@')[0]}@{ascii_domain}"


def _of_card(channel: str, card: Card, policy: NumberPolicy) -> str | None:
    """The number kept for SMS, else the mobile, else the telephone if it is a mobile one; the first e-mail address."""
    if channel == "email":
        return card.emails[0] if card.emails else None
    telephone = card.phone if card.phone and is_mobile(card.phone, region=policy.region) else None
    return card.sms_phone or card.mobile or telephone


def _usable(
    channel: str,
    address: str,
    *,
    name: str,
    locale: Locale,
    origin: Literal["task", "participant", "contact", "account", "employee"],
    policy: NumberPolicy,
) -> Found:
    if channel == "sms":
        try:
            number = e164(address, region=policy.region, countries=policy.countries)
        except NotANumber as problem:
            return NoRecipient("bad_number", str(problem))
        except NumberNotAllowed as problem:
            return NoRecipient("number_not_allowed", str(problem))
        return Recipient(number, name, locale, origin)
    usable = wire_address(address)
    if usable is None:
        return NoRecipient("bad_address", "This is not an e-mail address that can be written to.")
    return Recipient(usable, name, locale, origin)
