"""From `GONIEC_SMS_URL` to the channel for SMS."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import httpx

from kit.settings import BadSettings
from reminder_dispatcher.channels.console import ConsoleChannel
from reminder_dispatcher.channels.generic_http import GenericHttpChannel
from reminder_dispatcher.channels.role import Channel, Sms
from reminder_dispatcher.channels.serwersms import SerwerSmsChannel
from reminder_dispatcher.channels.smsapi import SmsApiChannel
from reminder_dispatcher.channels.twilio import TwilioChannel

_SENDER_NAME = re.compile(r"[A-Za-z0-9 ]{1,11}")
_SENDER_NUMBER = re.compile(r"\+?[0-9]{3,15}|MG[0-9a-f]{32}")


def sms_channel(
    url: str, make_http: Callable[[], httpx.AsyncClient], *, report_url: Callable[[str], str | None]
) -> Channel[Sms]:
    """The channel that an address names; BadSettings when it cannot be understood.

    `report_url` gives the address for delivery reports of a kind of gateway. With `http=1` among the options a gateway is
    spoken to without TLS, which only a private address allows (tests, boxes in the office).
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    sender = options.get("sender") or options.get("from")
    token = unquote(parts.username or "")
    base = f"{'http' if options.get('http') == '1' else 'https'}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    match parts.scheme:
        case "console":
            return ConsoleChannel()
        case "smsapi":
            _check(sender, token)
            return SmsApiChannel(
                make_http(), base=base, token=token, sender=sender, report_url=report_url(SmsApiChannel.kind)
            )
        case "serwersms":
            _check(sender, token)
            return SerwerSmsChannel(make_http(), base=base, token=token, sender=sender)
        case "twilio":
            _check(sender, token)
            secret = unquote(parts.password or "")
            if not sender or not secret:
                raise BadSettings("GONIEC_SMS_URL: Twilio needs SID:TOKEN@ in front of the host, and a sender.")
            return TwilioChannel(
                make_http(),
                base=base,
                account=token,
                token=secret,
                sender=sender,
                report_url=report_url(TwilioChannel.kind),
            )
        case "http" | "https":
            _check(sender, "unneeded")
            rest = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key != "sender"], safe="{}")
            return GenericHttpChannel(make_http(), url=urlunsplit(parts._replace(query=rest)), sender=sender)
    raise BadSettings(f"GONIEC_SMS_URL: there is no gateway of the kind {parts.scheme or 'without a name'!r}.")


def _check(sender: str | None, token: str) -> None:
    """features R74: at most 11 Latin letters, digits and spaces; or a number."""
    if not token:
        raise BadSettings(
            "GONIEC_SMS_URL: the gateway needs a token in front of the host: smsapi://TOKEN@api.smsapi.pl."
        )
    if sender is not None and not (_SENDER_NAME.fullmatch(sender) or _SENDER_NUMBER.fullmatch(sender)):
        raise BadSettings("GONIEC_SMS_URL: a sender has at most 11 Latin letters, digits and spaces, or is a number.")
