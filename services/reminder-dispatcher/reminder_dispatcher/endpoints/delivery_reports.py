"""Where SMS gateways report. They know no token; the last part of the address is a secret (reliability B15)."""

import hmac
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from starlette.responses import PlainTextResponse

from kit.errors import Invalid
from reminder_dispatcher.delivery_reports import read_reports
from reminder_dispatcher.errors import ReportRefused
from reminder_dispatcher.parts import The
from reminder_dispatcher.reporting import take_reports

router = APIRouter(tags=["delivery reports"])
Kind = Annotated[str, Path(pattern="^[a-z]{1,20}$", description="smsapi, serwersms, twilio or http.")]
_MOST_REPORTS = 1000
Secret = Annotated[str, Path(max_length=200)]


@router.get("/v1/delivery-reports/{kind}/{secret}", response_class=PlainTextResponse)
async def take_report_in_query(the: The, kind: Kind, secret: Secret, request: Request) -> PlainTextResponse:
    """A report in the query, as SMSAPI sends it. Unknown ids are ignored; a repeat changes nothing."""
    _know_the_secret(the, secret)
    return await _taken(the, kind, [dict(request.query_params)])


@router.post("/v1/delivery-reports/{kind}/{secret}", response_class=PlainTextResponse)
async def take_report_in_body(the: The, kind: Kind, secret: Secret, request: Request) -> PlainTextResponse:
    """A report as a form or as JSON, one or a list of them. Unknown ids are ignored; a repeat changes nothing."""
    _know_the_secret(the, secret)
    return await _taken(the, kind, [{**dict(request.query_params), **one} for one in await _bodies(request)])


def _know_the_secret(the: The, secret: str) -> None:
    expected = the.settings.report_secret
    if expected is None or not hmac.compare_digest(secret.encode(), expected.get_secret_value().encode()):
        raise ReportRefused


async def _taken(the: The, kind: str, told: list[dict[str, str]]) -> PlainTextResponse:
    reports = [report for one in told[:_MOST_REPORTS] for report in read_reports(kind, one)]
    async with the.database.transaction() as session:
        await take_reports(session, reports, now=the.clock.now())
    return PlainTextResponse("OK")


async def _bodies(request: Request) -> list[dict[str, str]]:
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            document: Any = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            raise Invalid("The body is not JSON.") from None
        told = document if isinstance(document, list) else [document]
        return [
            {name: str(value) for name, value in one.items() if isinstance(value, str | int)}
            for one in told
            if isinstance(one, dict)
        ]
    form = await request.form()
    return [{name: value for name, value in form.items() if isinstance(value, str)}]
