from __future__ import annotations

import pytest

from tasks_api.folding import folded, search_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zażółć GĘŚLĄ jaźń", "zazolc gesla jazn"),
        ("ŁÓDŹ", "lodz"),
        ("Straße", "strasse"),
        ("Smørrebrød", "smorrebrod"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_folded(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_search_words_hold_letters_and_digits_only() -> None:
    assert search_words('Łódź & "CRM/12/2026" anna_nowak@mlyn.pl') == [
        "lodz",
        "crm",
        "12",
        "2026",
        "anna",
        "nowak",
        "mlyn",
        "pl",
    ]
    assert len(search_words("a " * 50)) == 10
