"""The body of a mail of ours: what was written, or a template; then the signature; then the original. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime

from case_threader.merge_fields import Facts, filled, filled_html
from case_threader.quoting import Quote, quoted_html, quoted_text

SIGNATURE_MARK = "-- "
"""The line before a signature by which mail programs know it (RFC 3676 section 4.3)."""

_LINE_END = re.compile(r"(?i)<br\s*/?>|</(?:p|div|li|tr|h[1-6]|blockquote|table)>")
_HIDDEN = re.compile(r"(?is)<(script|style|head)\b[^>]*>.*?</\1>")
_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")
_DATES = {"pl": "%d.%m.%Y", "en": "%Y-%m-%d"}


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in one or both forms."""

    text: str = ""
    html: str | None = None


def composed_body(
    written: Wording, *, template: Wording | None, signature: Wording | None, quote: Quote | None, facts: Facts
) -> Wording:
    """The whole body. What a person wrote stands above the template's text; both forms say the same.

    There is HTML when the person or the template brought some; then signature and quote stand in it as well.
    """
    parts = [written, *([_filled(template, facts)] if template else [])]
    parts = [part for part in parts if part.text or part.html]
    text = "\n\n".join(part.text or text_of_markup(part.html or "") for part in parts)
    markup = None
    if any(part.html is not None for part in parts):
        markup = "\n".join(part.html if part.html is not None else markup_of_text(part.text) for part in parts)
    if signature is not None:
        signature = _filled(signature, facts)
        text = f"{text.rstrip()}\n\n{SIGNATURE_MARK}\n{signature.text or text_of_markup(signature.html or '')}"
        if markup is not None:
            own = signature.html if signature.html is not None else markup_of_text(signature.text)
            markup = f"{markup}\n<div>{SIGNATURE_MARK}<br>\n{own}</div>"
    if quote is not None:
        text = quoted_text(text, quote)
        markup = f"{markup}\n{quoted_html(quote)}" if markup is not None else None
    return Wording(text, markup)


def day_of(now: datetime, *, locale: str) -> str:
    """The day as people write it here; `now` is in the zone of the installation."""
    return now.strftime(_DATES.get(locale[:2], _DATES["en"]))


def markup_of_text(text: str) -> str:
    """Plain text as HTML that looks the same."""
    return "<div>" + html.escape(text, quote=False).replace("\n", "<br>\n") + "</div>"


def text_of_markup(markup: str) -> str:
    """HTML that our own people wrote as plain text, for mail programs that show no HTML."""
    shown = _TAG.sub("", _LINE_END.sub("\n", _HIDDEN.sub("", markup)))
    lines = (" ".join(line.split()) for line in html.unescape(shown).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _filled(wording: Wording, facts: Facts) -> Wording:
    markup = filled_html(wording.html, facts) if wording.html is not None else None
    return Wording(filled(wording.text, facts), markup)
