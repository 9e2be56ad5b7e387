"""Quotes in HTML as Gmail, Thunderbird, Apple and Outlook write them, folded after cleaning (reliability D7)."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_ingest.parsing.html_cleaning import cleaned_html
from mail_ingest.parsing.html_folding import CLOSING, OPENING, with_folds

GMAIL = (
    '<div dir="ltr">Tak.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">pt., 20 lis 2026 o 10:05 Jan &lt;'
    '<a href="mailto:jan@kowalski.example">jan@kowalski.example</a>&gt; napisał(a):<br></div>'
    '<blockquote class="gmail_quote" style="margin:0"><div>Ile?</div><blockquote>starsze</blockquote></blockquote></div>'
)
THUNDERBIRD = (
    '<div class="moz-cite-prefix">W dniu 20.11.2026 o 10:05, Jan pisze:<br></div>'
    '<blockquote type="cite" cite="mid:x">Ile?</blockquote><p>Sto.</p>'
)
APPLE = '<div>Tak.</div><div><br><blockquote type="cite"><div>On 20 Nov 2026, Jan wrote:</div><div>Ile?</div></blockquote></div>'
OUTLOOK = (
    '<div class="WordSection1"><p>Tak.</p><div><div style="border-top:solid"><p><b>Od:</b> Jan &lt;jan@kowalski.example&gt;<br>'
    "<b>Wysłano:</b> piątek, 20 listopada 2026<br><b>Do:</b> Biuro<br><b>Temat:</b> Oferta</p></div></div><p>Ile?</p></div>"
)
OUTLOOK_WEB = (
    '<div>Yes.</div><hr><div id="divRplyFwdMsg"><font><b>From:</b> Jan<br><b>Sent:</b> Friday<br><b>To:</b> Biuro<br>'
    "<b>Subject:</b> Offer</font><div></div></div><div>How much?</div>"
)


def folded(html: str) -> list[str]:
    """The text of each fold."""
    shown = with_folds(cleaned_html(html, {}))
    return [
        " ".join(re.sub(r"<[^>]*>", " ", piece).split())
        for piece in re.findall(re.escape(OPENING) + "(.*?)" + re.escape(CLOSING), shown, re.DOTALL)
    ]


@pytest.mark.parametrize(
    ("html", "folds"),
    [
        (GMAIL, ["Ile? starsze"]),
        (THUNDERBIRD, ["Ile?"]),
        (APPLE, ["On 20 Nov 2026, Jan wrote: Ile?"]),
        (
            OUTLOOK,
            ["Od: Jan &lt;jan@kowalski.example&gt; Wysłano: piątek, 20 listopada 2026 Do: Biuro Temat: Oferta Ile?"],
        ),
        (OUTLOOK_WEB, ["From: Jan Sent: Friday To: Biuro Subject: Offer How much?"]),
        ("<p>Cytat z regulaminu:</p><blockquote>§ 1</blockquote>", []),  # set in, but nobody's mail
        ("<p>Od: poniedziałku</p><p>Do: piątku</p>", []),
        ('<blockquote type="cite">wszystko</blockquote>', []),  # nothing else to read
        ("<div><p><b>From:</b> Jan<br><b>Sent:</b> x<br><b>To:</b> y<br><b>Subject:</b> z</p><p>tekst</p></div>", []),
        ('<p>a</p><blockquote type="cite">1</blockquote><p>b</p><blockquote type="cite">2</blockquote>', ["1", "2"]),
        ('<p>a</p><blockquote type="cite" title="a > b">1</blockquote>', ["1"]),
    ],
)
def test_quotes_are_folded(html: str, folds: list[str]) -> None:
    assert folded(html) == folds


@given(st.lists(st.sampled_from(["<div>", "</div>", "<p>", "a", "<b>Od:</b>", "<br>", "Wysłano: x<br>Do: y", "</blockquote>",
                                 '<blockquote type="cite">', "<table><tr><td>", "&lt;"]), max_size=30))  # fmt: skip
def test_nothing_is_lost_and_elements_stay_nested(pieces: list[str]) -> None:
    cleaned = cleaned_html("".join(pieces), {})
    shown = with_folds(cleaned)
    assert shown.replace(OPENING, "").replace(CLOSING, "") == cleaned
    assert shown.count(OPENING) == shown.count(CLOSING)
    open_: list[str] = []
    for slash, name in re.findall(r"<(/?)([a-z]+[0-9]?)(?:\s[^>]*)?>", shown):
        if name in ("br", "hr", "img", "col", "wbr"):
            continue
        if slash:
            assert open_.pop() == name
        else:
            open_.append(name)
    assert open_ == []


@pytest.mark.parametrize(
    "morsel", ["<p>Od: x</p>", '<blockquote type="cite">a</blockquote>', "<div>On 1 wrote:", "a<br>"]
)
def test_no_html_takes_long(morsel: str) -> None:
    html = cleaned_html("<p>x</p>" + morsel * 2000, {})
    began = time.process_time()
    with_folds(html)
    assert time.process_time() - began < 5
