"""What a mail of ours says: the words, the template, the signature, the quote, in text and HTML alike."""

import pytest

from case_threader.composing import Wording, composed_body, text_of_markup
from case_threader.merge_fields import Facts
from case_threader.quoting import Quote

FACTS = Facts(case_number="7", author="Anna")
QUOTE = Quote("Jan pisze:", "Ile?")
SIGNATURE = Wording("{{author}}, Biuro")


def body(written: Wording, **more: Wording | Quote | None) -> Wording:
    given = {"template": None, "signature": None, "quote": None, **more}
    return composed_body(written, facts=FACTS, **given)  # type: ignore[arg-type]


def test_signature_stands_below_the_words_and_above_the_quote() -> None:
    whole = body(Wording("Sto."), template=Wording("Sprawa {{case_number}}"), signature=SIGNATURE, quote=QUOTE)
    assert whole == Wording("Sto.\n\nSprawa 7\n\n-- \nAnna, Biuro\n\nJan pisze:\n> Ile?\n")


def test_html_says_all_that_the_text_says() -> None:
    whole = body(Wording(html="<p>Sto &lt; dwieście</p>"), signature=SIGNATURE, quote=QUOTE)
    assert whole.text == "Sto < dwieście\n\n-- \nAnna, Biuro\n\nJan pisze:\n> Ile?\n"
    assert whole.html is not None
    assert [part in whole.html for part in ("<p>Sto &lt;", "<div>Anna, Biuro</div>", "<blockquote")] == [True] * 3


def test_html_of_a_template_brings_the_written_text_along() -> None:
    whole = body(Wording("a < b\nc"), template=Wording(html="<b>{{case_number}}</b>"))
    assert whole == Wording("a < b\nc\n\n7", "<div>a &lt; b<br>\nc</div>\n<b>7</b>")


def test_nothing_but_words_stays_as_it_is() -> None:
    assert body(Wording("Dzień dobry.\n")) == Wording("Dzień dobry.\n")
    assert body(Wording()) == Wording()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a</p><p>b&nbsp;&amp;&nbsp;c</p>", "a\nb & c"),
        ("a<br>b<BR />c", "a\nb\nc"),
        ("<style>p {}</style><ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<" * 5000, "<" * 5000),
    ],
)
def test_text_of_markup(markup: str, text: str) -> None:
    assert text_of_markup(markup) == text
