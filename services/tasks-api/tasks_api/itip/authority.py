"""Who may speak for a meeting (DESIGN 5; invitations A4 rules 7 and 8; RFC 6047 section 3)."""

from __future__ import annotations

from enum import StrEnum

from contracts.addresses import domain_of
from contracts.calendar import CalendarObject, Component
from tasks_api.itip import reasons
from tasks_api.itip.memory import Authority, Tombstone

PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com", "me.com",
        "mac.com", "aol.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "wp.pl", "o2.pl",
        "onet.pl", "onet.eu", "op.pl", "interia.pl", "interia.eu", "gazeta.pl", "tlen.pl", "poczta.fm", "vp.pl", "autograf.pl",
    }
)  # fmt: skip
"""Domains shared by strangers: being in the same one proves nothing."""


class Trust(StrEnum):
    """How surely the sender of a message is who may send it; the `sender_trust` of a record."""

    VERIFIED = "verified"  # may speak for the event, and our own MX authenticated the domain
    MATCHING = "matching"  # may speak for the event by its From; nothing was checked
    STRANGER = "stranger"  # From is not the organizer nor anyone who vouched
    UNAUTHENTICATED = "unauthenticated"  # our own MX looked and found no proof
    UNPROVEN = "unproven"  # no From, or several


def sender_of(message: CalendarObject) -> str | None:
    """The one From address; several, or none, prove nobody."""
    return message.sender.email if message.sender is not None and message.from_count == 1 else None


def is_authenticated(message: CalendarObject) -> bool:
    """Whether the From domain passed where the mail account can tell; an account that names no server cannot."""
    return message.authentication.verdict in {"unchecked", "passed"}


def new_authority(message: CalendarObject, component: Component) -> Authority:
    """Who vouches for an event that this message creates."""
    organizer = component.organizer
    sent_by = organizer.sent_by if organizer else None
    email = organizer.email if organizer else None
    return Authority(
        organizer=email,
        sender=sender_of(message),
        sent_by=(sent_by,) if sent_by else (),
        trust=trust_in(message, Authority(organizer=email), sent_by),
    )


def objection(authority: Authority, message: CalendarObject, component: Component) -> str | None:
    """Why a message may not change the event (a reason code), None when it may."""
    organizer = component.organizer
    if organizer is not None and authority.organizer is not None and organizer.email != authority.organizer:
        return reasons.ORGANIZER_DIFFERS
    sender = sender_of(message)
    if sender is None:
        return reasons.SEVERAL_SENDERS
    if not _may_send(authority, sender, organizer.sent_by if organizer else None):
        return reasons.SENDER_DIFFERS
    return None if is_authenticated(message) else reasons.NOT_AUTHENTICATED


def accepts_tombstone(authority: Authority, tombstone: Tombstone) -> bool:
    """Whether a cancellation that came first would have had the authority of the event that came later."""
    if (
        tombstone.organizer is not None
        and authority.organizer is not None
        and tombstone.organizer != authority.organizer
    ):
        return False
    return (
        tombstone.authenticated
        and tombstone.sender is not None
        and _may_send(authority, tombstone.sender, tombstone.sent_by)
    )


def _may_send(authority: Authority, sender: str, sent_by: str | None) -> bool:
    if sender in {authority.organizer, authority.sender, *authority.sent_by}:
        return True
    return sender == sent_by and speaks_for(sender, authority.organizer)


def speaks_for(sender: str, person: str | None) -> bool:
    """Whether a SENT-BY is believed: the same domain, and not one that strangers share."""
    domain = domain_of(sender)
    return person is not None and bool(domain) and domain == domain_of(person) and domain not in PUBLIC_MAIL_DOMAINS


def trust_in(message: CalendarObject, authority: Authority, sent_by: str | None = None) -> Trust:
    sender = sender_of(message)
    if sender is None:
        return Trust.UNPROVEN
    if not is_authenticated(message):
        return Trust.UNAUTHENTICATED
    if not _may_send(authority, sender, sent_by):
        return Trust.STRANGER
    return Trust.VERIFIED if message.authentication.verdict == "passed" else Trust.MATCHING


def comes_from_us(message: CalendarObject, own: frozenset[str]) -> bool:
    """Whether one of our own people sent it, as far as can be told."""
    return sender_of(message) in own and is_authenticated(message)
