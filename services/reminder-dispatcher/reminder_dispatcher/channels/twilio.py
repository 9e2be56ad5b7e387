"""SMS through Twilio's Messages resource, which knows no reference of ours: a lost answer is not sent anew."""

import httpx

from reminder_dispatcher.channels.gateway_http import GatewayAnswer, ask, short, whole_number
from reminder_dispatcher.channels.role import Accepted, NotEver, NotNow, OutcomeUnknown, Sms

_OF_RECIPIENT = {21211: "bad_number", 21214: "bad_number", 21408: "number_not_allowed", 21610: "opted_out",
                 21614: "not_a_mobile_number", 21617: "text_too_long"}  # fmt: skip
_LATER = {20429: "too_many", 21611: "too_many", 30001: "too_many"}


class TwilioChannel:
    kind = "twilio"
    may_repeat = False

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base: str,
        account: str,
        token: str,
        sender: str,
        report_url: str | None,
    ) -> None:
        self._http = http
        self._url = f"{base}/2010-04-01/Accounts/{account}/Messages.json"
        self._auth = httpx.BasicAuth(account, token)
        self._sender = sender
        self._report_url = report_url

    async def send(self, message: Sms) -> Accepted:
        sender = message.sender or self._sender
        from_field = "MessagingServiceSid" if sender.startswith("MG") else "From"
        form = {
            "To": message.number,
            "Body": message.text,
            from_field: sender,
            **({"StatusCallback": self._report_url} if self._report_url else {}),
        }
        request = self._http.build_request("POST", self._url, data=form)
        request = next(self._auth.auth_flow(request))
        return _understood(await ask(self._http, request))

    async def close(self) -> None:
        await self._http.aclose()


def _understood(answer: GatewayAnswer) -> Accepted:
    document = answer.document or {}
    if answer.is_success and document.get("sid"):
        return Accepted(
            gateway_id=short(document["sid"]),
            segments=whole_number(document.get("num_segments")),
            detail=short(document.get("status")) or "",
        )
    code = whole_number(document.get("code"))
    if answer.is_success or code is None:
        raise OutcomeUnknown("unclear_answer", f"HTTP {answer.status}")
    detail = f"Twilio {code}: {short(document.get('message'))}"
    if code in _LATER:
        raise NotNow(_LATER[code], detail, whole_channel=True)
    if code in _OF_RECIPIENT:
        raise NotEver(_OF_RECIPIENT[code], detail)
    raise NotEver("gateway_refused", detail, whole_channel=True)
