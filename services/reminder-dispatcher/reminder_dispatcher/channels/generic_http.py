"""SMS through anything that takes a POST: a modem box, a gateway of one's own, a small script.

The body is JSON with `reference`, `to`, `text`, `sender`, `encoding` and `segments`; `{to}`, `{text}`, `{reference}` and `{sender}`
in the address are filled in as well. Any answer 2xx means that it was taken.
"""

from urllib.parse import quote

import httpx

from reminder_dispatcher.channels.gateway_http import ask, short
from reminder_dispatcher.channels.role import Accepted, NotEver, Sms


class GenericHttpChannel:
    kind = "http"
    may_repeat = False

    def __init__(self, http: httpx.AsyncClient, *, url: str, sender: str | None) -> None:
        self._http = http
        self._url = url
        self._sender = sender or ""

    async def send(self, message: Sms) -> Accepted:
        body = {
            "reference": message.reference,
            "to": message.number,
            "text": message.text,
            "sender": message.sender or self._sender,
            "encoding": message.encoding,
            "segments": message.segments,
        }
        url = self._url
        for name in ("reference", "to", "text", "sender"):
            url = url.replace(f"{{{name}}}", quote(str(body[name]), safe=""))
        headers = {"idempotency-key": message.reference}
        answer = await ask(self._http, self._http.build_request("POST", url, json=body, headers=headers))
        if not answer.is_success:
            raise NotEver("gateway_refused", f"HTTP {answer.status}")
        document = answer.document or {}
        return Accepted(gateway_id=short(document.get("id")), detail=f"HTTP {answer.status}")

    async def close(self) -> None:
        await self._http.aclose()
