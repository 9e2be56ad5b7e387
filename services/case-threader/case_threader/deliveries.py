"""What is known about the delivery of one of our mails, put together from several reports. Pure."""

from __future__ import annotations

from typing import Any

Delivery = dict[str, Any]

_GRAVEST_FIRST = ("failed", "delayed", "unknown")
_ARRIVED = frozenset({"delivered", "relayed", "expanded"})
MOST_RECIPIENTS = 200


def merged_delivery(former: Delivery | None, told: Delivery) -> Delivery:
    """The delivery after one more report: each recipient as the latest word about them, and the gravest of all.

    A mail to three people bounces one by one; a receipt of one of them says nothing about the others. That a mail was not
    delivered to somebody is not taken back by a notice of delay, which is older news (RFC 3464 section 2.3.3).
    """
    recipients: dict[str, dict[str, Any]] = {each["email"]: each for each in (former or {}).get("recipients", ())}
    for recipient in told.get("recipients", ()):
        known = recipients.get(recipient["email"])
        if known is not None and known["action"] == "failed" and recipient["action"] not in _ARRIVED:
            continue
        recipients[recipient["email"]] = recipient
    kinds = {told["kind"], *((former["kind"],) if former else ())}
    actions = {each["action"] for each in recipients.values()}
    gravest = next((grave for grave in _GRAVEST_FIRST if grave in actions), None)
    if gravest is None:  # reports that name nobody
        gravest = next((grave for grave in _GRAVEST_FIRST if grave in kinds and not recipients), told["kind"])
    kept = {name: value for name, value in (former or {}).items() if name not in ("kind", "recipients")}
    return {**kept, "kind": gravest, "recipients": list(recipients.values())[:MOST_RECIPIENTS]}
