"""Merge fields: what is accepted when saved, and what becomes of them when sent."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_dispatcher.merge_fields import BY_NAME, MERGE_FIELDS, SAMPLE, Facts, Manner
from reminder_dispatcher.rendering import (
    empty_fields,
    faults_of,
    html_text,
    placeholders,
    plain_text,
    sms_text,
    subject_text,
)

PL, EN = Manner("pl"), Manner("en")
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("template", "pl", "en"),
    [
        ("{{termin_od}}", "poniedziałek, 30 listopada 2026, 09:05", "Monday, 30 November 2026, 09:05"),
        ("{{ task.start }}", "poniedziałek, 30 listopada 2026, 09:05", "Monday, 30 November 2026, 09:05"),
        ("{{termin_do}}", "poniedziałek, 30 listopada 2026, 10:00", "Monday, 30 November 2026, 10:00"),
        ("{{data}} {{godzina}}", "poniedziałek, 30 listopada 2026 09:05", "Monday, 30 November 2026 09:05"),
        ("{{TYTUL}}", "Spotkanie w sprawie umowy", "Spotkanie w sprawie umowy"),
        (
            "{{kontrahent}}: {{sprawa}}",
            "Kowalski i Wspólnicy sp. z o.o.: 3932",
            "Kowalski i Wspólnicy sp. z o.o.: 3932",
        ),
        ("bez pól", "bez pól", "bez pól"),
    ],
)
def test_values_are_written_in_the_language_of_the_recipient(template: str, pl: str, en: str) -> None:
    assert plain_text(template, SAMPLE, PL) == pl
    assert plain_text(template, SAMPLE, EN) == en


def test_moments_are_written_in_the_zone_of_the_task() -> None:
    facts = replace(SAMPLE, starts_at=datetime(2027, 3, 28, 1, 0, tzinfo=UTC))
    assert plain_text("{{godzina_od}}", facts, PL) == "03:00"  # summer time began an hour ago
    assert plain_text("{{godzina_od}}", replace(facts, zone=ZoneInfo("America/New_York")), PL) == "21:00"


def test_sms_writes_moments_briefly() -> None:
    sms = sms_text("{{termin_od}}", SAMPLE, Manner("pl", brief=True), fold=True, max_segments=1)
    assert sms.text == "30.11.2026, 09:05"
    sms = sms_text("{{termin_od}}", SAMPLE, Manner("en", brief=True), fold=False, max_segments=1)
    assert (sms.text, sms.encoding) == ("30 Nov 2026, 09:05", "GSM-7")


def test_all_day_task_has_days_and_ends_on_its_last_one() -> None:
    facts = Facts(
        starts_at=datetime(2026, 11, 29, 23, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 1, 23, 0, tzinfo=UTC),  # DTEND is exclusive
        all_day=True,
        zone=WARSAW,
    )
    assert plain_text("{{termin_od}}/{{termin_do}}/{{godzina}}", facts, PL) == (
        "poniedziałek, 30 listopada 2026/wtorek, 1 grudnia 2026/"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ task.titel }}", "Did you mean {{task.title}}?"),
        ("{{termin}}", "Did you mean {{termin_"),
        ("{{ 7*7 }}", "There is no merge field {{7*7}}."),
        ("{{ ''.__class__ }}", "There is no merge field"),
        ("{{ task.title | upper }}", "There is no merge field"),
        ("{{}}", "There is no merge field {{}}."),
        ("{% for x in y %}", "{% stands alone."),
        ("{# note #}", "{# stands alone."),
        ("a {{ b", "{{ stands alone."),
        ("a }} b", "}} stands alone."),
        ("{{" + "x" * 100 + "}}", "{{ stands alone."),
        ("{{{{tytul}}}}", "{{ stands alone."),
    ],
)
def test_what_is_no_merge_field_is_refused(text: str, complaint: str) -> None:
    faults = list(faults_of("body", text))
    assert any(complaint in fault.detail for fault in faults), faults


@pytest.mark.parametrize("text", ["{{tytul}}", "{ not ours }", "100 % {x} $y", "{{ Task.Start }} {{termin_do}}", ""])
def test_what_is_accepted(text: str) -> None:
    assert not list(faults_of("body", text))


@pytest.mark.parametrize("text", ["{{" * 25_000, "{" * 50_000, "{{a" * 16_000, "{{" + " " * 49_000 + "}}"])
def test_no_template_makes_checking_slow(text: str) -> None:
    began = time.perf_counter()
    list(faults_of("body", text))
    assert time.perf_counter() - began < 1


def test_every_field_has_its_own_names() -> None:
    names = [name for field in MERGE_FIELDS for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert all(name.isascii() for name in names)


def test_values_are_put_in_once_and_never_looked_at_again() -> None:
    facts = replace(SAMPLE, title="{{kontrahent}} {{x}} {%")
    assert plain_text("{{tytul}}", facts, PL) == "{{kontrahent}} {{x}} {%"


@given(st.text(max_size=300))
def test_subject_is_one_harmless_line(value: str) -> None:
    subject = subject_text("Temat: {{tytul}}", replace(SAMPLE, title=value), PL)
    assert subject.startswith("Temat:")
    assert len(subject) <= 400
    assert not any(
        ord(c) < 32 or 0x7F <= ord(c) <= 0x9F or c in "\u2028\u2029" or 0xD800 <= ord(c) < 0xE000 for c in subject
    )


def test_line_ends_of_a_value_cannot_become_a_header() -> None:
    facts = replace(SAMPLE, title="Hi\r\nBcc: all@example.com\u2028X: y\x85Z: w")
    assert subject_text("{{tytul}}", facts, PL) == "Hi Bcc: all@example.com X: y Z: w"


def test_html_values_cannot_become_markup() -> None:
    facts = replace(SAMPLE, title="<script>alert('x')</script>&", description="a\nb")
    assert html_text("<b>{{tytul}}</b> {{opis}}", facts, PL) == (
        "<b>&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;</b> a<br>\nb"
    )


def test_long_values_are_cut() -> None:
    assert len(plain_text("{{opis}}", replace(SAMPLE, description="x" * 1_000_000), PL)) == 2_000


def test_sms_that_is_too_long_is_shortened_and_says_so() -> None:
    facts = replace(SAMPLE, description="długi opis " * 100)
    sms = sms_text("{{opis}}", facts, Manner("pl", brief=True), fold=True, max_segments=2)
    assert (sms.segments, sms.was_shortened, sms.encoding) == (2, True, "GSM-7")
    assert sms.text.endswith("...")


def test_placeholders_are_told_by_their_english_names() -> None:
    assert placeholders("{{tytul}} {{task.title}} {{termin_od}}") == ["task.title", "task.start"]


def test_empty_fields_are_told() -> None:
    assert empty_fields("{{tytul}} {{miejsce}} {{kontrahent}}", Facts(title="X")) == ["task.location", "account.name"]
    assert plain_text("[{{miejsce}}]", Facts(), PL) == "[]"
