from datetime import UTC, datetime

import pytest

from case_threader.quoting import with_quote

AT = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "heading"),
    [
        ("pl", "W dniu 20.11.2026 o 10:05 Jan pisze:"),
        ("de_DE", "Am 20.11.2026 um 10:05 schrieb Jan:"),
        ("en", "On 2026-11-20 at 10:05, Jan wrote:"),
        ("fr", "On 2026-11-20 at 10:05, Jan wrote:"),
    ],
)
def test_the_original_stands_below_the_answer(locale: str, heading: str) -> None:
    text = with_quote("Tak.\n", "Czy macie?\n\n> starsze\n", who="Jan", at=AT, zone="Europe/Warsaw", locale=locale)
    assert text == f"Tak.\n\n{heading}\n> Czy macie?\n>\n>> starsze\n"
