"""Headers with which a browser saves foreign content and never runs it (reliability D10). Pure."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
SANDBOXED_HTML = "sandbox; default-src 'none'; img-src 'self' data:; form-action 'none'; base-uri 'none'"
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,90}")
_ACTIVE = re.compile(r"html|xml|svg|script|ecma|flash|mathml|x-msdownload|xaml|\bhta\b")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff/\\]")


def content_disposition(filename: str) -> str:
    """`attachment` with the name in both spellings of RFC 6266 section 4.3; nothing in it is a path or a line end."""
    name = _UNSAFE.sub("_", filename).strip(" .") or "attachment"
    decomposed = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    plain = "".join(
        c if " " <= c <= "~" and c not in '"\\%' else "_" for c in decomposed if not unicodedata.combining(c)
    )
    return f"attachment; filename=\"{plain.strip(' .') or 'attachment'}\"; filename*=UTF-8''{quote(name, safe='')}"


def safe_content_type(declared: str) -> str:
    """The declared type, but for those a browser would run and those that are none."""
    kind = declared.strip().lower()
    if not _TYPE.fullmatch(kind) or _ACTIVE.search(kind):
        return "application/octet-stream"
    return kind


def download_headers(filename: str) -> dict[str, str]:
    return {
        "content-disposition": content_disposition(filename),
        "content-security-policy": SANDBOX,
        "cache-control": "private, max-age=86400, immutable",
        "cross-origin-resource-policy": "same-origin",
    }
