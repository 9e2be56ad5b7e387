"""What a mail shows and what it carries: its texts, its HTML and its attachments.

All text parts are text; of the alternatives of one text the plain one is taken, unless it is empty. An enclosed mail is one
attachment. A part the HTML refers to is inline, any other picture is an attachment (cases 2, "inline images").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from mail_ingest.parsing.charsets import decoded
from mail_ingest.parsing.file_names import EXTENSIONS, name_by_type, safe_file_name
from mail_ingest.parsing.flowed_text import unflowed
from mail_ingest.parsing.html_text import text_of_html
from mail_ingest.parsing.limits import Limits
from mail_ingest.parsing.mime_tree import Part
from mail_ingest.parsing.parameters import parameter_text
from mail_ingest.parsing.text_gate import clean_text

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_DATA_TYPES = frozenset({
    "text/calendar", "text/css", "text/csv", "text/directory", "text/javascript", "text/rfc822-headers", "text/rtf",
    "text/tab-separated-values",
    "text/vcard", "text/x-vcalendar", "text/x-vcard", "text/xml",
})  # fmt: skip
_UNSHOWN_ALTERNATIVES = frozenset({"text/x-amp-html", "text/watch-html", "application/applefile"})
"""Other renderings of what stands beside them; nobody misses them."""
_REFERENCE = re.compile(r"cid:([^\"'\s<>)]+)", re.IGNORECASE)


@dataclass(slots=True)
class Attachment:
    n: int
    part: Part
    filename: str
    content_type: str
    inline: bool = False

    def content(self) -> bytes:
        return self.part.content()


@dataclass(slots=True)
class Contents:
    """What was gathered so far. `texts` are in the order of the mail; `html` are the cleaned-to-be sources of the HTML view."""

    longest_text: int
    texts: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    is_cut: bool = False  # a text part was longer than `longest_text`
    has_body: bool = False  # something was shown already, so a text with a file name is a file
    reads_html: bool = True  # False while the plain alternative has said it all; making text of HTML is dear

    @property
    def text(self) -> str:
        return "\n\n".join(text.strip("\n") for text in self.texts if text.strip())

    def beginning(self, *, reads_html: bool = True) -> Contents:
        """An empty one for the inside of something, with what it must know of the outside."""
        return Contents(longest_text=self.longest_text, has_body=self.has_body, reads_html=reads_html)

    def add(self, inside: Contents, *, with_text: bool) -> None:
        """Take over what was found inside; its text only when nothing has said the same already."""
        if with_text:
            self.texts += inside.texts
        self.html += inside.html
        self.attached += inside.attached
        self.has_body = self.has_body or inside.has_body
        self.is_cut = self.is_cut or inside.is_cut


def contents_of(root: Part, limits: Limits) -> Contents:
    found = Contents(longest_text=limits.text_bytes)
    _gather(root, found)
    return found


def attachments_of(contents: Contents) -> list[Attachment]:
    """The attachments as a list shows them, numbered from 1."""
    attachments = []
    for n, part in enumerate(contents.attached, start=1):
        attachments.append(Attachment(n, part, _file_name(part, n), part.content_type))
    if contents.html:
        _mark_inline(attachments, contents.html)
    return attachments


def content_id(part: Part) -> str:
    """The Content-ID without brackets, as `cid:` addresses spell it; empty when there is none."""
    value = part.fields.first("content-id")
    return value.decode("utf-8", "replace").strip().strip("<>").strip().lower() if value else ""


def _gather(part: Part, found: Contents) -> None:
    if part.content_type == "multipart/alternative":
        _gather_alternatives(part, found)
    elif part.is_multipart:
        for child in part.children:
            _gather(child, found)
    elif part.content_type in _UNSHOWN_ALTERNATIVES and part.parent is not None:
        return
    elif part.content_type in _HTML_TYPES and _is_shown(part, found):
        html = _decoded_text(part, found)
        found.has_body = found.has_body or bool(html.strip())
        found.html.append(html)
        if found.reads_html:
            found.texts.append(text_of_html(html))
    elif part.content_type.startswith("text/") and part.content_type not in _DATA_TYPES:
        _gather_text(part, found)
    else:
        found.attached.append(part)


def _gather_text(part: Part, found: Contents) -> None:
    """Text is shown; with a file name it is a file as well, unless it is the first text and so what the sender wrote."""
    is_file = not _is_shown(part, found)
    if is_file:
        found.attached.append(part)
    if not is_file or (part.disposition in ("", "inline") and part.content_type not in _HTML_TYPES):
        text = _plain_text(part, found)
        found.has_body = found.has_body or bool(text.strip())
        found.texts.append(text)


def _gather_alternatives(part: Part, found: Contents) -> None:
    """The same text in several forms: the plain one is the text, the HTML one the HTML, calendars are read elsewhere."""
    plain = found.beginning()
    rich: list[Part] = []
    for child in part.children:
        if (
            child.content_type in ("text/calendar", "text/x-vcalendar")
            and child.disposition != "attachment"
            and not written_name(child)
        ):
            continue
        if child.content_type in _HTML_TYPES or child.is_multipart:
            rich.append(child)
        else:
            _gather(child, plain)
    found.add(plain, with_text=True)
    has_text = any(text.strip() for text in plain.texts)
    for child in rich:
        form = found.beginning(reads_html=found.reads_html and not has_text)
        _gather(child, form)
        found.add(form, with_text=not has_text)
        has_text = has_text or any(text.strip() for text in form.texts)


def _is_shown(part: Part, found: Contents) -> bool:
    """Whether a text part is part of the text, or a file that happens to be text."""
    if part.disposition == "attachment":
        return part.parent is None and not written_name(part)
    return not found.has_body or not written_name(part)


def _decoded_text(part: Part, found: Contents) -> str:
    data = part.content()
    if len(data) > found.longest_text:
        data = data[: found.longest_text]
        found.is_cut = True
    return clean_text(decoded(data, part.charset))


def _plain_text(part: Part, found: Contents) -> str:
    text = _decoded_text(part, found)
    if part.content_type in ("text/enriched", "text/richtext"):
        return text_of_html(text)
    if "format" in part.parameters and part.parameters["format"].lower() == b"flowed":
        return unflowed(text, delete_space=part.parameters.get("delsp", b"").lower() == b"yes")
    return text


def _mark_inline(attachments: list[Attachment], html: list[str]) -> None:
    referred: set[str] | None = None
    for attachment in attachments:
        own_id = content_id(attachment.part)
        location = attachment.part.fields.first("content-location")
        if not own_id and not location:
            continue
        if referred is None:
            referred = {unquote(match).lower() for text in html for match in _REFERENCE.findall(text)}
        attachment.inline = own_id in referred if own_id else False
        if not attachment.inline and attachment.content_type.startswith("image/"):
            # src="a@k" and src="logo.png": an id without its scheme, a Content-Location (RFC 2557)
            spellings = [
                spelling
                for spelling in (own_id, location.decode("latin-1").strip() if location else "")
                if len(spelling) > 2
            ]
            attachment.inline = any(f'"{spelling}"' in text for spelling in spellings for text in html)


def written_name(part: Part) -> str:
    """The file name as the sender wrote it, in whichever place; empty when there is none."""
    for parameters, name in ((part.disposition_parameters, "filename"), (part.parameters, "name")):
        if parameters:
            text = parameter_text(parameters, name, part.charset)
            if text and text.strip():
                return text
    return ""


def _file_name(part: Part, n: int) -> str:
    name = safe_file_name(written_name(part))
    if name:
        return name
    location = part.fields.text("content-location")
    if (
        "." in location
        and (name := safe_file_name(location.partition("?")[0]))
        and name.rpartition(".")[2].lower() in _EXTENSIONS
    ):
        return name
    if part.is_enclosed_mail and part.children and (subject := safe_file_name(part.children[0].fields.text("subject"))):
        return f"{subject[:100].rstrip(' .')}.eml"
    return name_by_type(part.content_type, n)


_EXTENSIONS = frozenset(EXTENSIONS.values())
