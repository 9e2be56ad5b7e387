"""The mail that benchmarks push: mixed as a small firm's mailbox is, and the same for the same seed."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

OFFICE = "biuro@bench.example"
CLIENTS = 200
OVERTAKEN_AT_MOST = 200
"""So many mails later a mail arrives after an earlier one for sure, however many connections push."""
WORDS = [
    "dzień",
    "dobry",
    "proszę",
    "o",
    "wycenę",
    "zamówienie",
    "faktura",
    "dostawa",
    "termin",
    "serwis",
    "urządzenie",
    "części",
    "spotkanie",
    "łódź",
    "kraków",
    "gdańsk",
    "pozdrawiam",
    "umowa",
    "płatność",
    "magazyn",
    "paleta",
    "transport",
    "reklamacja",
    "zwrot",
    "przegląd",
    "gwarancja",
    "instalacja",
    "montaż",
    "projekt",
]


@dataclass(frozen=True)
class BenchMail:
    """One mail and what has to become of it."""

    raw: bytes
    kind: str  # plain, tagged, request, update, cancel, duplicate, machine
    uid: str | None = None


def client_address(number: int) -> str:
    return f"klient{number}@firma{number}.example"


def mixed_mails(count: int, *, case_numbers: list[int], prefix: str, seed: int, label: str) -> list[BenchMail]:
    """60 % plain, 20 % tagged replies, 10 % REQUEST, 5 % updates and CANCEL, 3 % duplicates, 2 % machines; median 5 kB."""
    chance = random.Random(seed)
    made: list[BenchMail] = []
    invited: list[tuple[str, int, datetime, int]] = []
    for number in range(count):
        draw = chance.random() * 100
        if draw < 3 and made:
            made.append(BenchMail(chance.choice(made[-50:]).raw, "duplicate"))
        elif draw < 8 and invited and invited[0][3] <= number - OVERTAKEN_AT_MOST:
            uid, client, start, _ = _invited_before(chance, invited, number - OVERTAKEN_AT_MOST)
            kind = chance.choice(("update", "cancel"))
            method = "CANCEL" if kind == "cancel" else "REQUEST"
            raw = _invitation(
                chance, number, label, client, uid, method=method, sequence=1, start=start + timedelta(hours=2)
            )
            made.append(BenchMail(raw, kind, uid))
        elif draw < 18:
            uid, client = f"{label}-{number}@firma.example", chance.randrange(CLIENTS)
            start = datetime(2027, 1, 4, 8, tzinfo=UTC) + timedelta(hours=chance.randrange(2000))
            invited.append((uid, client, start, number))
            made.append(
                BenchMail(
                    _invitation(chance, number, label, client, uid, method="REQUEST", sequence=0, start=start),
                    "request",
                    uid,
                )
            )
        elif draw < 38 and case_numbers:
            client = chance.randrange(len(case_numbers))
            subject = f"Odp: {_phrase(chance, 4)} [{prefix}#{case_numbers[client]}]"
            raw = _plain(chance, number, label, client, subject=subject)
            made.append(BenchMail(raw, "tagged"))
        elif draw < 40:
            raw = _plain(
                chance,
                number,
                label,
                chance.randrange(CLIENTS),
                subject="Autoodpowiedź",
                extra="Auto-Submitted: auto-replied\r\n",
            )
            made.append(BenchMail(raw, "machine"))
        else:
            made.append(
                BenchMail(_plain(chance, number, label, chance.randrange(CLIENTS), subject=_phrase(chance, 5)), "plain")
            )
    return made


def invitations_only(count: int, *, seed: int, label: str) -> list[BenchMail]:
    """Nothing but first REQUESTs, for the figures of invitations alone."""
    chance = random.Random(seed)
    return [
        BenchMail(
            _invitation(
                chance, number, label, chance.randrange(CLIENTS), f"{label}-{number}@firma.example",
                method="REQUEST", sequence=0, start=datetime(2027, 1, 4, 8, tzinfo=UTC) + timedelta(hours=chance.randrange(2000)),
            ),
            "request",
            f"{label}-{number}@firma.example",
        )
        for number in range(count)
    ]  # fmt: skip


def opening_mail(number: int, label: str) -> bytes:
    """A first mail of client `number`, which opens a case."""
    return _plain(random.Random(number), 1_000_000 + number, label, number, subject=f"Pierwsze pytanie {number}")


def _invited_before(
    chance: random.Random, invited: list[tuple[str, int, datetime, int]], number: int
) -> tuple[str, int, datetime, int]:
    """One of the last hundred invitations that went out before mail `number`."""
    return chance.choice([one for one in invited[-300:] if one[3] <= number][-100:])


def _plain(chance: random.Random, number: int, label: str, client: int, *, subject: str, extra: str = "") -> bytes:
    head = _head(number, label, client, subject, extra)
    size = chance.choice((1_200, 2_500, 3_500, 4_500, 4_500, 6_000, 9_000))
    body = _text(chance, size)
    if chance.random() >= 0.02:
        return (
            f"{head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}".encode()
        )
    attachment = base64.encodebytes(chance.randbytes(90_000)).decode().replace("\n", "\r\n")
    return (
        f'{head}Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
        f"--=_b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
        '--=_b\r\nContent-Type: application/pdf; name="oferta.pdf"\r\nContent-Disposition: attachment; filename="oferta.pdf"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{attachment}\r\n--=_b--\r\n"
    ).encode()


def _invitation(
    chance: random.Random,
    number: int,
    label: str,
    client: int,
    uid: str,
    *,
    method: str,
    sequence: int,
    start: datetime,
) -> bytes:
    status = "CANCELLED" if method == "CANCEL" else "CONFIRMED"
    local = f"{start:%Y%m%dT%H%M%S}"
    calendar = "\r\n".join((
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//PL", f"METHOD:{method}",
        "BEGIN:VTIMEZONE", "TZID:Europe/Warsaw",
        "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
        "BEGIN:VEVENT", f"UID:{uid}", f"SEQUENCE:{sequence}", f"DTSTAMP:202611220{sequence}0000Z",
        f"DTSTART;TZID=Europe/Warsaw:{local}", f"DTEND;TZID=Europe/Warsaw:{start + timedelta(hours=1):%Y%m%dT%H%M%S}",
        f"SUMMARY:{_phrase(chance, 4)}", f"DESCRIPTION:{_phrase(chance, 30)}", f"STATUS:{status}",
        f"ORGANIZER;CN=Klient:mailto:{client_address(client)}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{OFFICE}",
        "END:VEVENT", "END:VCALENDAR", "",
    ))  # fmt: skip
    head = _head(number, label, client, f"Zaproszenie: {_phrase(chance, 3)}", "")
    return (
        f'{head}Content-Type: multipart/alternative; boundary="=_a"\r\n\r\n'
        f"--=_a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{_text(chance, 2_000)}\r\n"
        f"--=_a\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{calendar}\r\n--=_a--\r\n"
    ).encode()


def _head(number: int, label: str, client: int, subject: str, extra: str) -> str:
    encoded = base64.b64encode(subject.encode()).decode()
    shown = subject if subject.isascii() and len(subject) < 60 else f"=?utf-8?B?{encoded}?="
    trace = "".join(
        f"Received: from relay{hop}.example (relay{hop}.example [192.0.2.{hop}]) by mx.example; Sun, 22 Nov 2026 08:00:0{hop} +0000\r\n"
        for hop in range(1, 4)
    )
    return (
        f"{trace}From: Klient {client} <{client_address(client)}>\r\nTo: Biuro <{OFFICE}>\r\nSubject: {shown}\r\n"
        f"Date: Sun, 22 Nov 2026 09:00:00 +0100\r\nMessage-ID: <{label}.{number}@firma{client}.example>\r\nMIME-Version: 1.0\r\n"
        f"X-Mailer: Bench 1.0\r\n{extra}"
    )


def _phrase(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize()


def _text(chance: random.Random, size: int) -> str:
    lines, length = [], 0
    while length < size:
        line = _phrase(chance, 10)
        lines.append(line)
        length += len(line) + 2
    return "\r\n".join(lines) + "\r\n"
