"""SMS through SerwerSMS.pl. Our reference travels as `unique_id`; that a repeated one is refused is not promised there."""

import httpx

from reminder_dispatcher.channels.gateway_http import GatewayAnswer, ask, short, whole_number
from reminder_dispatcher.channels.role import SENDER_REFUSED, Accepted, NotEver, OutcomeUnknown, SenderState, Sms

_OF_US = {1001: "gateway_refuses_us", 1002: "gateway_refuses_us", 1003: "gateway_refuses_us", 1005: "gateway_refuses_us",
          1007: "account_restricted", 3000: "no_credit", 3001: "gateway_refuses_us", 3002: "no_credit",
          3003: "gateway_refuses_us"}  # fmt: skip
_OF_RECIPIENT = {2001: "bad_number"}
_SENDERS: dict[str, SenderState] = {"authorized": "approved", "rejected": "refused", "deactivated": "refused"}


class SerwerSmsChannel:
    """With a sender name SMS go as FULL, without one as ECO from a random number."""

    kind = "serwersms"
    may_repeat = False

    def __init__(self, http: httpx.AsyncClient, *, base: str, token: str, sender: str | None) -> None:
        self._http = http
        self._url = f"{base}/messages/send_sms.json"
        self._senders_url = f"{base}/senders/index.json"
        self._token = token
        self._sender = sender

    async def send(self, message: Sms) -> Accepted:
        sender = message.sender or self._sender
        form = {
            "phone": message.number,
            "text": message.text,
            "utf": "true" if message.encoding == "UCS-2" else "false",
            "details": "true",
            "unique_id": message.reference,
            **({"sender": sender} if sender else {}),
        }
        headers = {"authorization": f"Bearer {self._token}"}
        request = self._http.build_request("POST", self._url, data=form, headers=headers)
        return _understood(await ask(self._http, request))

    async def sender_state(self, name: str) -> SenderState:
        """`senders/index` lists the names of the account, each with its status."""
        headers = {"authorization": f"Bearer {self._token}"}
        request = self._http.build_request("POST", self._senders_url, headers=headers)
        answer = await ask(self._http, request)
        items = (answer.document or {}).get("items")
        if not isinstance(items, list):
            raise OutcomeUnknown("unclear_answer", f"HTTP {answer.status}")
        listed = (item for item in items if isinstance(item, dict))
        own = next((item for item in listed if str(item.get("name", "")).lower() == name.lower()), None)
        if own is None:
            return "unlisted"
        return _SENDERS.get(str(own.get("status")), "pending")

    async def close(self) -> None:
        await self._http.aclose()


def _understood(answer: GatewayAnswer) -> Accepted:
    document = answer.document or {}
    error = document.get("error")
    if isinstance(error, dict):
        raise _refused(
            whole_number(error.get("code")), short(error.get("type")) or "", short(error.get("message")) or ""
        )
    items = document.get("items")
    item = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    if document.get("success") is True and whole_number(document.get("queued")) not in (None, 0):
        return Accepted(gateway_id=short(item.get("id")), segments=whole_number(item.get("parts")), detail="queued")
    if document.get("success") is True and whole_number(document.get("unsent")):
        raise NotEver("gateway_refused", f"SerwerSMS: {short(item.get('error_message')) or 'not sent'}")
    raise OutcomeUnknown("unclear_answer", f"HTTP {answer.status}")


def _refused(code: int | None, kind: str, told: str) -> NotEver:
    detail = f"SerwerSMS {code} {kind}: {told}"
    if code in _OF_US:
        return NotEver(_OF_US[code], detail, whole_channel=True)
    if code in _OF_RECIPIENT:
        return NotEver(_OF_RECIPIENT[code], detail)
    if "sender" in kind.lower() and kind != "SendError":
        return NotEver(SENDER_REFUSED, detail, whole_channel=True)
    ours = kind != "SendError" and any(word in kind.lower() for word in ("auth", "user", "credit", "limit"))
    return NotEver("gateway_refuses_us" if ours else "gateway_refused", detail, whole_channel=ours)
