"""Words as people search them (ecosystem 0.8: nobody folds ł)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_threader.folding import folded, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zażółć GĘŚLĄ jaźń", "zazolc gesla jazn"),
        ("Łukasz ŁÓDŹ", "lukasz lodz"),
        ("Zürich Straße", "zurich strasse"),
        ("Ærø", "aero"),
        ("naïve Ö", "naive o"),
        ("o\u0301 Z\u0307", "o z"),
        ("ASCII only", "ascii only"),
        ("", ""),
    ],
)
def test_folded(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize("text", ["5 µm", "Acme™", "Straße ˇ", "ß", "Łódź 10 µF"])
def test_letters_that_are_not_one_plain_letter_are_not_lost(text: str) -> None:
    assert words_of(text) == list(dict.fromkeys(re.findall(r"[^\W_]+", folded(text))))
    assert folded(text) == folded(text).lower()


def test_words_come_once_each_without_punctuation() -> None:
    assert words_of("Jan.Kowalski@Kowalski.pl: faktura_7, FAKTURA 7/2026!") == [
        "jan",
        "kowalski",
        "pl",
        "faktura",
        "7",
        "2026",
    ]


@given(st.text(max_size=300))
def test_words_are_those_of_the_folded_text(text: str) -> None:
    assert words_of(text) == list(dict.fromkeys(re.findall(r"[^\W_]+", folded(text))))


@given(st.text("aąAĄłŁżŻß€„”–12_- x.@", max_size=100))
def test_words_of_polish_text_are_those_of_the_folded_text(text: str) -> None:
    assert words_of(text) == list(dict.fromkeys(re.findall(r"[^\W_]+", folded(text))))


def test_words_have_limits() -> None:
    assert len(words_of(" ".join(map(str, range(5000))), most=100)) == 100
    assert words_of("x" * 1000) == ["x" * 40]
