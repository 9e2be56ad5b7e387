"""What gateways report about the way of an SMS, in one form for all of them (features R78, reliability B15)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Verdict = Literal["delivered", "undelivered", "expired", "rejected", "on_its_way"]

_SMSAPI: Mapping[str, Verdict] = {
    "402": "expired", "404": "delivered", "405": "undelivered", "406": "undelivered", "407": "rejected",
    "412": "rejected",
    "delivered": "delivered", "undelivered": "undelivered", "expired": "expired", "failed": "undelivered",
    "rejected": "rejected",
}  # fmt: skip
_TWILIO: Mapping[str, Verdict] = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "rejected",
}
_SERWERSMS: Mapping[str, Verdict] = {
    "delivered": "delivered", "delivrd": "delivered", "dostarczono": "delivered", "doreczono": "delivered",
    "dostarczona": "delivered", "doreczona": "delivered", "doreczone": "delivered",
    "undelivered": "undelivered", "undeliv": "undelivered", "niedostarczono": "undelivered",
    "niedoreczono": "undelivered", "niedostarczona": "undelivered", "niedoreczona": "undelivered",
    "niedoreczone": "undelivered",
    "unsent": "rejected", "niewyslane": "rejected", "niewyslana": "rejected", "rejectd": "rejected", "rejected": "rejected",
    "expired": "expired",
}  # fmt: skip
_PLAIN: Mapping[str, Verdict] = {
    "delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "expired": "expired",
    "rejected": "rejected",
}


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`reminder_id` from our own reference, or `gateway_id` from theirs; at least one is there."""

    verdict: Verdict
    detail: str
    reminder_id: UUID | None = None
    gateway_id: str | None = None


def read_reports(kind: str, told: Mapping[str, str]) -> list[DeliveryReport]:
    """The reports in one call of a gateway; what cannot be read is left out. SMSAPI joins several by commas."""
    match kind:
        case "smsapi":
            columns = (told.get("idx", ""), told.get("MsgId", ""), told.get("status", ""))
            length = max(len(column.split(",")) for column in columns)
            rows = zip(*(_padded(column.split(","), length) for column in columns), strict=True)
            return [report for row in rows if (report := _report(*row, words=_SMSAPI)) is not None]
        case "twilio":
            report = _report("", told.get("MessageSid", ""), told.get("MessageStatus", ""), words=_TWILIO)
        case "serwersms":
            report = _of_serwersms({name.lower(): value for name, value in told.items()})
        case _:
            report = _report(told.get("reference", ""), told.get("id", ""), told.get("status", ""), words=_PLAIN)
    return [report] if report is not None else []


def _of_serwersms(told: Mapping[str, str]) -> DeliveryReport | None:
    """The fields of both its interfaces: `id`, `unique_id` and `status`, and in Polish `smsid`, `usmsid` and `stan`."""
    reference = told.get("unique_id") or told.get("usmsid") or ""
    status = _without_diacritics(told.get("status") or told.get("stan") or "")
    return _report(reference, told.get("id") or told.get("smsid") or "", status, words=_SERWERSMS)


def _without_diacritics(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("ł", "l").replace("Ł", "L"))
    return "".join(character for character in plain if not unicodedata.combining(character))


def _report(reference: str, gateway_id: str, status: str, *, words: Mapping[str, Verdict]) -> DeliveryReport | None:
    reminder_id = _uuid(reference.strip())
    known_id = gateway_id.strip()[:200] or None
    if reminder_id is None and known_id is None:
        return None
    return DeliveryReport(words.get(status.strip().lower(), "on_its_way"), status.strip()[:60], reminder_id, known_id)


def _padded(values: list[str], length: int) -> list[str]:
    return [*values, *[values[-1]] * (length - len(values))]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
