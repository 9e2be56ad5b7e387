"""The case tag in subject lines (features C6-C9, C29, C35, C42-C44; reliability D15)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_threader.subject_tags import (
    foreign_tags,
    own_case_number,
    own_tags,
    prefix_objection,
    tag_of,
    with_tag,
    without_own_tags,
)

ACME = ["Acme"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("RE: Offer [Acme#3932]", 3932),
        ("RE: [Acme#3932] Offer", 3932),  # moved by the other side
        ("[Acme#3932]", 3932),
        ("Offer [Other#12] [Acme#3932]", 3932),  # a foreign tag is not ours
        ("Offer [Acme#1] [Acme#2]", 2),  # of several the last
        ("Offer [ACME#3932]", 3932),
        ("Offer [acme#3932]", 3932),
        ("Offer [Acme #3932]", 3932),
        ("Offer [Acme# 3932 ]", 3932),
        ("Offer [ Acme # 3932]", 3932),
        ("Offer [Ac me#3932]", 3932),  # a line folded inside of the prefix
        ("Offer [Acme\u00a0#3932]", 3932),
        ("Offer ［Acme＃3932］", 3932),  # full-width, as East Asian keyboards write it
        ("x[Acme#3932]y", 3932),
        ("[[Acme#3932]]", 3932),
        ("Offer {Acme#3932}", None),  # curly brackets are not a tag
        ("Offer (Acme#3932)", None),
        ("Offer Acme#3932", None),
        ("Offer [Acme3932]", None),
        ("Offer [Acme#]", None),
        ("Offer [Acme#0]", None),
        ("Offer [Acme#0012]", None),  # we never write leading zeros
        ("Offer [Acme#39a2]", None),
        ("Offer [Acme#-3]", None),
        ("Offer [Acme#3932", None),
        ("Offer Acme#3932]", None),
        ("Offer [MyAcme#3932]", None),
        ("Offer [Acme2#3932]", None),
        ("Offer [Acme#3932-7]", None),
        ("Offer [Acme#12345678901]", None),  # no number has so many digits
        ("Offer [Acme#٣٩٣٢]", None),
        ("Offer [Acme   #3932]", None),
        ("Offer", None),
        ("", None),
    ],
)
def test_own_case_number(subject: str, expected: int | None) -> None:
    assert own_case_number(subject, prefix="Acme") == expected


@pytest.mark.parametrize("prefix", ["Sz@rk", "A!B", "a.b", "x+y", "$$$", "Żuk", "a|b", "(c)", "^", "C\\D"])
def test_a_prefix_may_hold_anything_that_means_something_to_a_regular_expression(prefix: str) -> None:
    assert own_case_number(f"RE: x {tag_of(prefix, 3932)}", prefix) == 3932
    assert own_case_number("RE: x [Acme#3932]", prefix) is None


def test_composed_and_decomposed_letters_are_the_same_prefix() -> None:
    assert own_case_number("RE: [Zaz\u0301o\u0301ł#7]", "Zaźół") == 7
    assert own_case_number("RE: [Zaźół#7]", "Zaz\u0301o\u0301ł") == 7


def test_numbers_come_in_the_order_of_the_subject() -> None:
    tags = own_tags("[Acme#3] a [Acme#1] b [Other#2] [Acme#3]", ACME)
    assert [tag.number for tag in tags] == [3, 1, 3]


def test_former_prefixes_are_recognised() -> None:
    assert [tag.number for tag in own_tags("[Old#3] [Acme#1] [Older#2]", ["Acme", "Old"])] == [3, 1]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Zapytanie [Acme#1]", "Zapytanie"),
        ("[Acme#1] Zapytanie", "Zapytanie"),
        ("Pytanie [Acme#1] drugie [acme # 2]", "Pytanie drugie"),
        ("RE: wycena [OtherCo#12] [Acme#1]", "RE: wycena [OtherCo#12]"),
        ("Zapytanie", "Zapytanie"),
        ("[Acme#99999999]", ""),
    ],
)
def test_without_own_tags(subject: str, expected: str) -> None:
    assert without_own_tags(subject, ACME) == expected


def test_foreign_tags_are_told_once_each() -> None:
    assert foreign_tags("[A#1] x [Acme#2] [B #c-3] [A#1] [list]", ACME) == ["[A#1]", "[B #c-3]"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("RE: Zapytanie", "RE: Zapytanie [Acme#5]"),
        ("RE: Zapytanie [Acme#5]", "RE: Zapytanie [Acme#5]"),
        ("RE: [Acme#5] Zapytanie", "RE: [Acme#5] Zapytanie"),  # present already: stays where it is
        ("RE: Zapytanie [Acme#4]", "RE: Zapytanie [Acme#5]"),  # of another case: would lead astray
        ("RE: [Acme#5] x [Acme#4]", "RE: x [Acme#5]"),
        ("RE: wycena [OtherCo#12]", "RE: wycena [OtherCo#12] [Acme#5]"),
        ("", "[Acme#5]"),
    ],
)
def test_our_tag_ends_the_subject_that_goes_out(subject: str, expected: str) -> None:
    assert with_tag(subject, "Acme", 5, prefixes=ACME, limit=160) == expected


def test_a_long_subject_loses_text_but_no_tag() -> None:
    subject = f"RE: {'bardzo długi temat ' * 20}[OtherCo#12] i jeszcze więcej słów na końcu"
    shortened = with_tag(subject, "Acme", 123456789, prefixes=ACME, limit=100)
    assert len(shortened) <= 100
    assert shortened.startswith("RE: bardzo długi temat")
    assert shortened.endswith("[...] [OtherCo#12] [Acme#123456789]")


@given(subject=st.text(max_size=400), number=st.integers(1, 999_999_999), limit=st.integers(60, 200))
def test_the_tag_survives_whatever_the_subject(subject: str, number: int, limit: int) -> None:
    tagged = with_tag(subject, "Acme", number, prefixes=ACME, limit=limit)
    assert own_case_number(tagged, "Acme") == number
    assert len(tagged) <= limit


@pytest.mark.parametrize("prefix", ["crm", "CRM", "Ticket", "case", "Sprawa", "re", "Zgłoszenie", "id", "FWD"])
def test_generic_prefixes_are_refused(prefix: str) -> None:
    assert prefix_objection(prefix) is not None


@pytest.mark.parametrize("prefix", ["", "a b", "a[b", "a]b", "a#b", "{x}", "12", "x" * 33, "a\nb", "a\u200bb"])
def test_prefixes_that_could_not_be_read_back_are_refused(prefix: str) -> None:
    assert prefix_objection(prefix) is not None


@pytest.mark.parametrize("prefix", ["Acme", "Sz@rk", "A!", "Żuk", "acme.pl", "TG-Soft", "a1"])
def test_good_prefixes(prefix: str) -> None:
    assert prefix_objection(prefix) is None
