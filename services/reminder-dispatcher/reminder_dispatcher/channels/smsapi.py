"""SMS through SMSAPI.pl. Our reference travels as `idx` with `check_idx`, so that a repeated SMS is refused there (error 53)."""

from typing import Any
from urllib.parse import quote

import httpx

from reminder_dispatcher.channels.gateway_http import GatewayAnswer, ask, short, whole_number
from reminder_dispatcher.channels.role import (
    SENDER_REFUSED,
    Accepted,
    NotEver,
    NotNow,
    OutcomeUnknown,
    SenderState,
    Sms,
)

_SENT_BEFORE = 53
_OF_RECIPIENT = {11: "text_refused", 12: "text_too_long", 13: "bad_number", 57: "blacklisted", 94: "text_refused"}
_OF_US = {14: SENDER_REFUSED, 98: "account_restricted", 101: "gateway_refuses_us", 102: "gateway_refuses_us",
          103: "no_credit", 105: "gateway_refuses_us", 110: "gateway_refuses_us", 1000: "gateway_refuses_us"}  # fmt: skip
_LATER = {8: "gateway_away", 52: "too_many", 200: "gateway_away", 201: "gateway_away", 999: "gateway_away"}


class SmsApiChannel:
    kind = "smsapi"
    may_repeat = True

    def __init__(
        self, http: httpx.AsyncClient, *, base: str, token: str, sender: str | None, report_url: str | None
    ) -> None:
        self._http = http
        self._url = f"{base}/sms.do"
        self._names_url = f"{base}/sms/sendernames"
        self._token = token
        self._sender = sender
        self._report_url = report_url

    async def send(self, message: Sms) -> Accepted:
        sender = message.sender or self._sender
        form = {
            "to": message.number.lstrip("+"),
            "message": message.text,
            "format": "json",
            "encoding": "utf-8",
            "idx": message.reference,
            "check_idx": "1",
            "max_parts": str(max(message.segments, 1)),
            **({"from": sender} if sender else {}),
            **({"notify_url": self._report_url} if self._report_url else {}),
        }
        headers = {"authorization": f"Bearer {self._token}"}
        request = self._http.build_request("POST", self._url, data=form, headers=headers)
        return _understood(await ask(self._http, request))

    async def sender_state(self, name: str) -> SenderState:
        """https://www.smsapi.pl/docs: sender names; a name that is not among ours is answered with 404."""
        headers = {"authorization": f"Bearer {self._token}"}
        request = self._http.build_request("GET", f"{self._names_url}/{quote(name, safe='')}", headers=headers)
        answer = await ask(self._http, request)
        status = str((answer.document or {}).get("status", "")).upper()
        if answer.status == 404:
            return "unlisted"
        if not answer.is_success or not status:
            raise OutcomeUnknown("unclear_answer", f"HTTP {answer.status}")
        return "approved" if status == "ACTIVE" else "pending"

    async def close(self) -> None:
        await self._http.aclose()


def _understood(answer: GatewayAnswer) -> Accepted:
    document = answer.document or {}
    if "error" in document:
        return _refused(whole_number(document["error"]), short(document.get("message")) or "")
    entries = document.get("list")
    first: Any = entries[0] if isinstance(entries, list) and entries else None
    if not answer.is_success or not isinstance(first, dict) or not first.get("id"):
        raise OutcomeUnknown("unclear_answer", f"HTTP {answer.status}")
    if first.get("error"):
        return _refused(whole_number(first["error"]), short(first.get("status")) or "")
    return Accepted(gateway_id=short(first["id"]), detail=short(first.get("status")) or "")


def _refused(code: int | None, told: str) -> Accepted:
    detail = f"SMSAPI {code}: {told}"
    if code == _SENT_BEFORE:
        return Accepted(detail="SMSAPI had it already from an earlier attempt.")
    if code in _OF_RECIPIENT:
        raise NotEver(_OF_RECIPIENT[code], detail)
    if code in _OF_US:
        raise NotEver(_OF_US[code], detail, whole_channel=True)
    if code in _LATER:
        raise NotNow(_LATER[code], detail, whole_channel=code != 52)
    raise NotEver("gateway_refused", detail)
