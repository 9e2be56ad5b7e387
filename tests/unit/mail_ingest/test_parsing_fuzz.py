"""Any bytes at all: a job always answers, in strict JSON without NUL and lone surrogates (reliability G12, 4 rule 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail_ingest.parsing import jobs

CONTEXT = {"trusted_authserv_ids": ["mx.acme.example"], "account_timezone": "Europe/Warsaw", "role": "inbox"}

_NAMES = [
    b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"References", b"In-Reply-To", b"Thread-Index", b"Content-Type",
    b"Content-Disposition", b"Content-Transfer-Encoding", b"Content-ID", b"Content-Location", b"Authentication-Results", b"Received",
    b"Return-Path", b"Auto-Submitted", b"Precedence", b"X-Failed-Recipients", b"X-Loop", b"Reply-To", b"Sender", b"MIME-Version",
]  # fmt: skip
_MORSELS = [
    b"a@b.pl", b"<a@b.pl>", b'"', b"(", b")", b"<", b">", b",", b";", b":", b"\\", b"[", b"]", b"=?utf-8?Q?", b"=?iso-8859-2?B?", b"?=", b"=C5", b"=",
    b"text/plain", b"text/html", b"text/calendar", b"multipart/mixed", b"multipart/alternative", b"multipart/report", b"message/rfc822",
    b"message/delivery-status", b"application/ms-tnef", b"; charset=", b"utf-8", b"gb2312", b"utf-16", b"; boundary=", b"B", b"; name*0*=", b"utf-8''%C5%82",
    b"; filename=", b"x.ics", b"../x", b"base64", b"quoted-printable", b"x-uuencode", b"; format=flowed", b"; method=REQUEST", b"mx.acme.example",
    b"; dmarc=pass header.from=b.pl", b"; dkim=pass header.d=b.pl", b"by mx.acme.example", b"from x ([192.0.2.1])", b"failed", b"auto-replied",
    b"\xc5\x82", b"\xb3", b"\x00", b"\x1b$B", b"\xff\xfe", b" ", b"\t", b"\r\n ", b"Mon, 4 Jan 2027 10:00:00 +0100", b"99999", b"-", b"--",
]  # fmt: skip
_LINES = [
    b"", b"--B", b"--B--", b"Content-Type: text/html", b"Content-Type: text/calendar; method=REQUEST", b"Content-Type: message/rfc822",
    b"Content-Type: multipart/mixed; boundary=B", b"BEGIN:VCALENDAR", b"METHOD:REQUEST", b"BEGIN:VEVENT", b"UID:1", b"DTSTART:20270101T100000Z",
    b"RRULE:FREQ=DAILY", b"END:VEVENT", b"END:VCALENDAR", b"<p>x</p><script>", b"<img src=cid:a>", b"<!--", b"Final-Recipient: rfc822; a@b.pl",
    b"Action: failed", b"Message-ID: <a@b>", b"<a@b.pl>:", b"Hi. This is the qmail-send program", b"begin 644 x", b"end", b"-- ", b"> quoted ", b"=C5=82=",
]  # fmt: skip

bits = st.lists(st.one_of(st.sampled_from(_MORSELS), st.binary(max_size=6)), max_size=8).map(b"".join)
fields = st.tuples(st.sampled_from(_NAMES), bits).map(lambda pair: pair[0] + b": " + pair[1])
bodies = st.lists(st.one_of(st.sampled_from(_LINES), bits, st.binary(max_size=30)), max_size=25)
mails = st.tuples(st.lists(fields, max_size=12), bodies, st.sampled_from([b"\r\n", b"\n", b"\r"])).map(
    lambda mail: mail[2].join([*mail[0], b"", *mail[1]])
)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def assert_answers(raw: bytes) -> None:
    answer = json.loads(
        jobs.parse_job(jobs.request(CONTEXT, raw)).decode("utf-8"), parse_constant=lambda constant: 1 / 0
    )
    assert answer["outcome"] in ("parsed", "rejected")
    for text in strings(answer):
        assert "\x00" not in text
        assert not any("\ud800" <= character <= "\udfff" for character in text)
    assert not set("\r\n") & set(answer["facts"]["mail_subject"])
    html = json.loads(jobs.html_job(jobs.request({"attachment_url": "/a/{n}"}, raw)))["html"]
    if answer["outcome"] == "parsed":
        assert (html is not None) == answer["facts"]["html_available"]
        for attachment in answer["facts"]["attachments"]:
            found = jobs.attachment(jobs.attachment_job(jobs.request({"n": attachment["n"]}, raw)))
            assert found is not None
            card, content = found
            assert card == attachment
            assert len(content) == attachment["size"]
            assert not set(card["filename"]) & set('/\\\x00\r\n"')


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    assert_answers(raw)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mails)
def test_anything_that_looks_like_a_mail(raw: bytes) -> None:
    assert_answers(raw)
