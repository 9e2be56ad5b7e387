"""What each gateway is told, and what its answers mean (reliability B13)."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from kit.settings import BadSettings
from reminder_dispatcher.channels.console import ConsoleChannel
from reminder_dispatcher.channels.gateways import sms_channel
from reminder_dispatcher.channels.role import Accepted, KnowsSenders, NotEver, NotNow, OutcomeUnknown, Sms
from reminder_dispatcher.delivery_reports import DeliveryReport, read_reports
from reminder_dispatcher.settings import Settings

SMS = Sms("0123456789abcdef0123456789abcdef", "+48600100200", "Zażółć", "UCS-2", 1)
SMSAPI = "smsapi://tok%2Fen@api.smsapi.pl?sender=Firma"
SERWERSMS = "serwersms://token@api2.serwersms.pl?sender=Firma"
TWILIO = "twilio://AC1:secret@api.twilio.com?sender=%2B48600000000"
GENERIC = "https://bramka.example/send?to={to}&text={text}&sender=Firma"

Answer = Callable[[httpx.Request], httpx.Response]


async def sent(url: str, answer: Answer) -> tuple[Accepted, httpx.Request]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    channel = sms_channel(
        url,
        lambda: httpx.AsyncClient(transport=httpx.MockTransport(handle)),
        report_url=lambda kind: f"https://my.example/v1/delivery-reports/{kind}/s",
    )
    try:
        return await channel.send(SMS), seen[0]
    finally:
        await channel.close()


def says(status: int = 200, document: Any = None, **more: Any) -> Answer:
    return lambda _: (
        httpx.Response(status, json=document, **more) if document is not None else httpx.Response(status, **more)
    )


def form_of(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


async def test_smsapi_is_told_everything_once() -> None:
    entry = {"id": "7074294081650020450", "points": 0.16, "number": "48600100200", "status": "QUEUE", "error": None}
    accepted, request = await sent(SMSAPI, says(document={"count": 1, "list": [entry]}))
    assert accepted.gateway_id == "7074294081650020450"
    assert str(request.url) == "https://api.smsapi.pl/sms.do"
    assert request.headers["authorization"] == "Bearer tok/en"
    assert form_of(request) == {
        "to": "48600100200", "message": "Zażółć", "from": "Firma", "format": "json", "encoding": "utf-8",
        "idx": SMS.reference, "check_idx": "1", "max_parts": "1",
        "notify_url": "https://my.example/v1/delivery-reports/smsapi/s",
    }  # fmt: skip


async def asked(url: str, answer: Answer, name: str = "Firma XYZ") -> tuple[str, httpx.Request]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    channel = sms_channel(
        url, lambda: httpx.AsyncClient(transport=httpx.MockTransport(handle)), report_url=lambda _: None
    )
    assert isinstance(channel, KnowsSenders)
    try:
        return await channel.sender_state(name), seen[0]
    finally:
        await channel.close()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (says(document={"sender": "Firma XYZ", "is_default": False, "status": "ACTIVE"}), "approved"),
        (says(document={"sender": "Firma XYZ", "status": "INACTIVE"}), "pending"),
        (says(404, {"message": "Not Found", "error": "not_found"}), "unlisted"),
    ],
)
async def test_smsapi_is_asked_about_a_sender_name(answer: Answer, state: str) -> None:
    """features R74."""
    told, request = await asked(SMSAPI, answer)
    assert (told, request.method, str(request.url)) == (
        state, "GET", "https://api.smsapi.pl/sms/sendernames/Firma%20XYZ",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("items", "state"),
    [
        ([{"name": "INFO", "status": "authorized"}, {"name": "firma xyz", "status": "authorized"}], "approved"),
        ([{"name": "Firma XYZ", "agreement": "required", "status": "pending_authorization"}], "pending"),
        ([{"name": "Firma XYZ", "status": "rejected"}], "refused"),
        ([], "unlisted"),
    ],
)
async def test_serwersms_is_asked_about_a_sender_name(items: list[dict[str, str]], state: str) -> None:
    """features R74."""
    told, request = await asked(SERWERSMS, says(document={"items": items}))
    assert (told, str(request.url)) == (state, "https://api2.serwersms.pl/senders/index.json")


@pytest.mark.parametrize("url", [SMSAPI, SERWERSMS])
async def test_an_unclear_answer_about_a_name_says_nothing(url: str) -> None:
    with pytest.raises(OutcomeUnknown):
        await asked(url, says(200, text="<html>"))


@pytest.mark.parametrize("url", ["console:", TWILIO, GENERIC])
def test_who_cannot_be_asked_about_names(url: str) -> None:
    channel = sms_channel(
        url,
        lambda: httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500))),
        report_url=lambda _: None,
    )
    assert not isinstance(channel, KnowsSenders)


async def test_smsapi_that_had_it_already_has_it() -> None:
    accepted, _ = await sent(SMSAPI, says(document={"error": 53, "message": "Idx already used"}))
    assert accepted.gateway_id is None


async def test_serwersms_is_told_our_reference() -> None:
    answer = {"success": True, "queued": 1, "unsent": 0, "items": [{"id": "66f0", "parts": 2, "status": "queued"}]}
    accepted, request = await sent(SERWERSMS, says(document=answer))
    assert (accepted.gateway_id, accepted.segments) == ("66f0", 2)
    assert form_of(request)["unique_id"] == SMS.reference
    assert form_of(request)["utf"] == "true"
    assert str(request.url) == "https://api2.serwersms.pl/messages/send_sms.json"


async def test_twilio_is_signed_in_to_with_the_account() -> None:
    accepted, request = await sent(TWILIO, says(201, {"sid": "SM1", "status": "queued", "num_segments": "1"}))
    assert (accepted.gateway_id, accepted.segments) == ("SM1", 1)
    assert str(request.url) == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"].startswith("Basic ")
    assert form_of(request)["From"] == "+48600000000"


async def test_any_other_gateway_takes_a_post() -> None:
    accepted, request = await sent(GENERIC, says(202, {"id": 17}))
    assert accepted.gateway_id == "17"
    assert request.url.params["to"] == "+48600100200"
    assert request.url.params["text"] == "Zażółć"
    assert json.loads(request.content)["reference"] == SMS.reference
    assert request.headers["idempotency-key"] == SMS.reference


@pytest.mark.parametrize(
    ("url", "answer", "kind", "reason", "whole_channel"),
    [
        (SMSAPI, says(document={"error": 13, "message": "No correct phone numbers"}), NotEver, "bad_number", False),
        (SMSAPI, says(document={"error": 57, "message": "Blacklisted"}), NotEver, "blacklisted", False),
        (SMSAPI, says(document={"error": 14, "message": "Wrong sender"}), NotEver, "sender_refused", True),
        (SMSAPI, says(document={"error": 101, "message": "Authorization failed"}), NotEver, "gateway_refuses_us", True),
        (SMSAPI, says(document={"error": 103, "message": "No credit"}), NotEver, "no_credit", True),
        (SMSAPI, says(document={"error": 52, "message": "Too many attempts"}), NotNow, "too_many", False),
        (SMSAPI, says(document={"error": 201, "message": "Internal"}), NotNow, "gateway_away", True),
        (SMSAPI, says(document={"error": "?"}), NotEver, "gateway_refused", False),
        (
            SERWERSMS,
            says(document={"error": {"code": 1001, "type": "Unauthorized"}}),
            NotEver,
            "gateway_refuses_us",
            True,
        ),
        (SERWERSMS, says(document={"error": {"code": 1, "type": "InvalidPhone"}}), NotEver, "gateway_refused", False),
        (SERWERSMS, says(document={"success": True, "queued": 0, "unsent": 1}), NotEver, "gateway_refused", False),
        (TWILIO, says(400, {"code": 21211, "message": "Invalid 'To'"}), NotEver, "bad_number", False),
        (TWILIO, says(400, {"code": 21610, "message": "Unsubscribed"}), NotEver, "opted_out", False),
        (TWILIO, says(400, {"code": 21606, "message": "Bad From"}), NotEver, "gateway_refused", True),
        (TWILIO, says(400, {"code": 21611, "message": "Queue full"}), NotNow, "too_many", True),
        (GENERIC, says(400), NotEver, "gateway_refused", False),
    ],
)
async def test_refusals_in_their_own_words(
    url: str, answer: Answer, kind: type[NotEver | NotNow], reason: str, whole_channel: bool
) -> None:
    with pytest.raises(kind) as refused:
        await sent(url, answer)
    assert (refused.value.reason, refused.value.whole_channel) == (reason, whole_channel)


def fails_with(error: type[httpx.HTTPError]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("it failed", request=request)

    return answer


@pytest.mark.parametrize("url", [SMSAPI, SERWERSMS, TWILIO, GENERIC])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says(401), NotEver),
        (says(402), NotEver),
        (says(429, headers={"retry-after": "120"}), NotNow),
        (says(503), NotNow),
        (fails_with(httpx.ConnectError), NotNow),
        (fails_with(httpx.ConnectTimeout), NotNow),
        # the request may have arrived: nothing is known
        (fails_with(httpx.ReadTimeout), OutcomeUnknown),
        (fails_with(httpx.RemoteProtocolError), OutcomeUnknown),
        (says(500), OutcomeUnknown),
        (says(302, headers={"location": "http://127.0.0.1/"}), OutcomeUnknown),
    ],
)
async def test_answers_every_gateway_may_give(url: str, answer: Answer, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await sent(url, answer)


@pytest.mark.parametrize("url", [SMSAPI, SERWERSMS, TWILIO])
@pytest.mark.parametrize(
    "body", [b"", b"OK", b"<html>", b"[]", b'{"list": "x"}', b'{"success": "yes"}', b"{" * 100_000]
)
async def test_garbage_says_nothing(url: str, body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        await sent(url, lambda _: httpx.Response(200, content=body))


async def test_endless_answer_is_not_read_to_its_end() -> None:
    served = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal served
            while served < 100_000_000:
                served += 65_536
                yield b"x" * 65_536

    with pytest.raises(OutcomeUnknown):
        await sent(SMSAPI, lambda _: httpx.Response(200, stream=Endless()))
    assert served <= 2 * 65_536


async def test_retry_after_is_followed() -> None:
    with pytest.raises(NotNow) as refused:
        await sent(SMSAPI, says(429, headers={"retry-after": "120"}))
    assert refused.value.after is not None
    assert refused.value.after.total_seconds() == 120


@pytest.mark.parametrize(
    "url",
    [
        "",
        "carrier-pigeon://loft",
        "smsapi://api.smsapi.pl",
        "smsapi://token@api.smsapi.pl?sender=DługaNazwa",
        "smsapi://token@api.smsapi.pl?sender=MoreThanElevenCharacters",
        "twilio://AC1@api.twilio.com?sender=%2B48600000000",
        "twilio://AC1:secret@api.twilio.com",
    ],
)
def test_addresses_of_gateways_that_cannot_be(url: str) -> None:
    with pytest.raises(BadSettings) as refused:
        sms_channel(url, httpx.AsyncClient, report_url=lambda _: None)
    assert "secret" not in str(refused.value)


async def test_console_shows_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    channel = sms_channel("console:", httpx.AsyncClient, report_url=lambda _: None)
    assert isinstance(channel, ConsoleChannel)
    await channel.send(SMS)
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    assert json.loads(shown) == {
        "sms": SMS.reference, "to": "+48600100200", "text": "Zażółć", "encoding": "UCS-2", "segments": 1,
    }  # fmt: skip


# ---- delivery reports

REMINDER = "00000000-0000-0000-0000-00000000000a"


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        ("smsapi", {"MsgId": "1", "status": "404", "idx": REMINDER}, [("delivered", REMINDER, "1")]),
        (
            "smsapi",
            {"MsgId": "1,2", "status": "404,405", "idx": f"{REMINDER},"},
            [("delivered", REMINDER, "1"), ("undelivered", None, "2")],
        ),
        ("smsapi", {"MsgId": "1", "status": "403"}, [("on_its_way", None, "1")]),
        ("smsapi", {"MsgId": "1", "status": "411"}, [("on_its_way", None, "1")]),
        ("smsapi", {"MsgId": "1", "status": "402"}, [("expired", None, "1")]),
        ("smsapi", {"MsgId": "1", "status": "407"}, [("rejected", None, "1")]),
        ("twilio", {"MessageSid": "SM1", "MessageStatus": "undelivered"}, [("undelivered", None, "SM1")]),
        ("twilio", {"MessageSid": "SM1", "MessageStatus": "sent"}, [("on_its_way", None, "SM1")]),
        ("serwersms", {"id": "66f0", "status": "delivered"}, [("delivered", None, "66f0")]),
        (
            "serwersms",
            {"smsid": "66f0", "usmsid": REMINDER, "stan": "Niedoręczono"},
            [("undelivered", REMINDER, "66f0")],
        ),
        ("serwersms", {"ID": "66f0", "Status": "in_progress"}, [("on_its_way", None, "66f0")]),
        ("serwersms", {"unique_id": REMINDER, "status": "unsent"}, [("rejected", REMINDER, None)]),
        ("serwersms", {"status": "delivered"}, []),
        ("http", {"reference": REMINDER, "status": "Delivered"}, [("delivered", REMINDER, None)]),
        ("http", {"status": "delivered"}, []),
        ("smsapi", {}, []),
        ("twilio", {"MessageStatus": "delivered"}, []),
    ],
)
def test_reports_in_one_form(
    kind: str, told: dict[str, str], expected: list[tuple[str, str | None, str | None]]
) -> None:
    def plain(report: DeliveryReport) -> tuple[str, str | None, str | None]:
        return report.verdict, report.reminder_id and str(report.reminder_id), report.gateway_id

    assert [plain(report) for report in read_reports(kind, told)] == expected


def test_report_address_needs_a_secret() -> None:
    assert Settings(public_url="https://x.example/").report_address("smsapi") is None
    settings = Settings(public_url="https://x.example/", report_secret="s3cret")
    assert settings.report_address("smsapi") == "https://x.example/v1/delivery-reports/smsapi/s3cret"
