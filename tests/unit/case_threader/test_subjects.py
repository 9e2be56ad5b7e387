"""Reply and forward prefixes and gateway noise (reference/cases.md section 5, features C50)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_threader.subjects import LONGEST_TITLE, base_subject, kind_of_subject, title_of


@pytest.mark.parametrize(
    "subject",
    [
        "Zapytanie",
        "Re: Zapytanie",
        "RE: Zapytanie",
        "re:Zapytanie",
        "Re : Zapytanie",
        "Re： Zapytanie",  # full-width colon
        "Odp: Zapytanie",
        "Odp.: Zapytanie",
        "ODP: Zapytanie",
        "Odpowiedź: Zapytanie",
        "RES: Zapytanie",
        "AW: Zapytanie",
        "Antwort: Zapytanie",
        "SV: Zapytanie",
        "Re[2]: Zapytanie",
        "RE[12]: Zapytanie",
        "Re (3): Zapytanie",
        "Re^2: Zapytanie",
        "Fwd: Zapytanie",
        "FW: Zapytanie",
        "PD: Zapytanie",
        "WG: Zapytanie",
        "TR: Zapytanie",
        "RV: Zapytanie",
        "VS: Zapytanie",
        "Re: Re: Odp: PD: Zapytanie",
        "[EXTERNAL] Re: Zapytanie",
        "RE: [EXTERNAL] Zapytanie",
        "[External Email] Zapytanie",
        "[ZEWNĘTRZNY] Odp: Zapytanie",
        "*** SPAM *** Re: Zapytanie",
        "  Re:   Zapytanie  ",
        "\u200eRe: Zapytanie",
        "Re:\u00a0Zapytanie",
    ],
)
def test_base_subject_is_what_remains(subject: str) -> None:
    assert base_subject(subject) == "Zapytanie"


@pytest.mark.parametrize(
    "subject",
    [
        "Reklamacja: paleta 7",
        "Res publica: wycena",
        "Temat: oferta",
        "AW139: części",
        "12:30 spotkanie",
        "Re Zapytanie",
        "[lista] nowości",
        "[OtherCo#12] wycena",
        "Ważne: Re: tak pisze klient",
        "Foward: literówka",
    ],
)
def test_words_that_only_look_like_prefixes_stay(subject: str) -> None:
    assert base_subject(subject) == subject


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Re: x", "reply"),
        ("Odp.: x", "reply"),
        ("Fwd: Re: x", "forward"),
        ("PD: x", "forward"),
        ("[EXTERNAL] WG: x", "forward"),
        ("Re: Fwd: x", "reply"),
        ("x", None),
        ("", None),
    ],
)
def test_a_forward_is_not_a_reply(subject: str, kind: str | None) -> None:
    assert kind_of_subject(subject) == kind


def test_fifty_thousand_prefixes_are_read_in_a_moment() -> None:
    began = time.process_time()
    assert base_subject("Re: " * 50_000 + "x") == "x"
    assert time.process_time() - began < 1


@given(st.text())
def test_the_base_of_a_base_is_itself(subject: str) -> None:
    assert base_subject(base_subject(subject)) == base_subject(subject)


def test_titles_have_a_limit() -> None:
    assert title_of("Re: " + "x" * 1000) == "x" * (LONGEST_TITLE - 1) + "…"
