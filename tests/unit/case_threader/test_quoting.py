from datetime import UTC, datetime

import pytest

from case_threader.quoting import LONGEST_QUOTE, Quote, quote_of, quoted_html, quoted_text

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
    quote = quote_of("Czy macie?\n\n> starsze\n", who="Jan", at=AT, zone="Europe/Warsaw", locale=locale)
    assert quoted_text("Tak.\n", quote) == f"Tak.\n\n{heading}\n> Czy macie?\n>\n>> starsze\n"


def test_a_quote_in_html_cannot_become_markup() -> None:
    html = quoted_html(Quote("<Jan> pisze:", "1 < 2\n<script>"))
    assert html == '<p>&lt;Jan&gt; pisze:</p>\n<blockquote type="cite">1 &lt; 2<br>\n&lt;script&gt;</blockquote>'


def test_an_endless_original_is_quoted_in_part() -> None:
    quote = quote_of("x" * 2 * LONGEST_QUOTE, who="Jan", at=AT, zone="UTC", locale="pl")
    assert len(quote.original) == LONGEST_QUOTE
