"""HTML of a mail made safe to show: nothing active, nothing loaded from elsewhere (reliability D7).

nh3's defaults keep remote pictures, relative links and 25 schemes, and deep nesting takes it minutes; hence sets of our own and a
linear look at the size before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import unquote

import nh3

from mail_ingest.parsing.html_bounds import is_within
from mail_ingest.parsing.html_text import text_of_html
from mail_ingest.parsing.limits import Limits
from mail_ingest.parsing.text_gate import clean_text

TAGS = {
    "a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd",
    "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table",
    "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "object",
    "embed",
    "applet",
    "svg",
    "math",
}
_SIZES = {"width", "height", "align", "valign"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "table": _SIZES | {"border", "cellpadding", "cellspacing", "bgcolor", "summary"},
    "td": _SIZES | {"colspan", "rowspan", "bgcolor"},
    "th": _SIZES | {"colspan", "rowspan", "bgcolor", "scope"},
    "tr": {"align", "valign", "bgcolor"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "blockquote": {"type"},  # "cite" says that a mail is quoted
    "div": {"align"}, "p": {"align"}, "hr": {"width"}, "time": {"datetime"},
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)


def cleaned_html(html: str, cids: Mapping[str, str], *, limits: Limits | None = None) -> str:
    """The same HTML without anything active; `cids` says for each Content-ID (lower-case) which address shows the picture.

    HTML over the limits is shown as its text: cleaning it could take minutes, and no person wrote it.
    """
    limits = limits or Limits()
    if not is_within(html, limits):
        return f"<pre>{escape(text_of_html(html), quote=False)}</pre>"

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return _picture(value, cids)
        if name == "href":
            return value if _LINK.match(value.strip()) else None
        if tag == "blockquote" and name == "type":
            return "cite" if value.lower() == "cite" else None
        return value

    cleaned = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return clean_text(cleaned)


def _picture(address: str, cids: Mapping[str, str]) -> str | None:
    """Where a picture of the mail itself is shown; None for every other address, so that nothing is loaded from elsewhere."""
    trimmed = address.strip()
    scheme, colon, rest = trimmed.partition(":")
    name = rest if colon and scheme.lower() == "cid" else trimmed
    return cids.get(unquote(name).lower()) or cids.get(name.lower())
