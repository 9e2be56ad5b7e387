"""Alphabets, segments, and Polish letters that would double the price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_dispatcher.sms_segments import folded, shortened, sms_size


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),  # extension characters take two septets
        ("€" * 81, "GSM-7", 162, 2),
        ("[" * 76 + "a" + "[" * 76, "GSM-7", 305, 2),
        ("a" + "[" * 152, "GSM-7", 305, 2),
        ("a" * 152 + "[" + "a" * 152, "GSM-7", 306, 3),  # an escape is never split: the first segment has 152
        ("ą", "UCS-2", 1, 1),
        ("ą" * 70, "UCS-2", 70, 1),
        ("ą" * 71, "UCS-2", 71, 2),
        ("ą" * 134, "UCS-2", 134, 2),
        ("ą" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("a" * 66 + "😀" + "a" * 66, "UCS-2", 134, 3),  # nor is a surrogate pair
        ("é", "GSM-7", 1, 1),
    ],
)
def test_sms_size(text: str, encoding: str, units: int, segments: int) -> None:
    size = sms_size(text)
    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_none_of_the_polish_letters_is_in_gsm7() -> None:
    assert all(sms_size(letter).encoding == "UCS-2" for letter in "ąćęłńśźżĄĆĘŁŃÓŚŹŻó")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zażółć gęślą jaźń", "Zazolc gesla jazn"),
        ("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "ZAZOLC GESLA JAZN"),
        ("„Cześć” – pa…", '"Czesc" - pa...'),
        ("9:05\u202fAM, 10\u00a0zł", "9:05 AM, 10 zl"),
        ("café über", "café über"),  # GSM-7 has them
        ("Ďábel", "Dabel"),
        ("пон 😀", "пон 😀"),  # what has no plain form stays
        ("z\u0307", "z"),  # a combining dot over z is ż
    ],
)
def test_folded(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_folding_halves_the_price_of_a_polish_reminder() -> None:
    text = "Przypominamy o spotkaniu 30.11.2026, 09:05, ul. Żółta 5, Łódź. Prosimy o dokumenty. Pozdrawiamy"
    assert (sms_size(text).segments, sms_size(folded(text)).segments) == (2, 1)


@given(st.text(max_size=400))
def test_folding_never_costs_more(text: str) -> None:
    storable = text.encode("utf-8", "ignore").decode()
    assert sms_size(folded(storable)).units <= max(3 * sms_size(storable).units, 3)
    assert folded(folded(storable)) == folded(storable)


@given(st.text(alphabet="ab€ą😀 [", max_size=600), st.integers(1, 4))
def test_shortened_fits(text: str, segments: int) -> None:
    short = shortened(text, segments=segments)
    assert sms_size(short).segments <= segments
    assert short == text or short.endswith("...")
