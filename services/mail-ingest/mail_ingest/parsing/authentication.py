"""What our own mail server found out about the sender, read from Authentication-Results (RFC 8601).

Anybody can write such a header. It counts only when it bears an authserv-id the mail account trusts *and* stands above the
Received line with which our own server took the mail from the outside: whatever the sender wrote lies below that line. The server
ought to delete forged ones (RFC 8601 section 5); we do not rely on it (reliability C, rule for C1-C6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mail_ingest.parsing.domains import is_aligned
from mail_ingest.parsing.header_fields import HeaderFields

_ADDRESS = re.compile(
    r"\[(?:ipv6:)?([0-9a-f.:]{3,45})\]|\((?:[^()\s]*\s)?([0-9a-f]*[.:][0-9a-f.:]{2,44})\)", re.IGNORECASE
)
_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]+)", re.IGNORECASE)
_FROM = re.compile(r"\s*from\s", re.IGNORECASE)
_LOCAL_PROTOCOL = re.compile(r"\swith\s+(?:local|lmtp|utf8lmtp|lmtps|lmtpa|lmtpsa)\b", re.IGNORECASE)
_RESULT = re.compile(r"([a-z0-9-]{1,40})\s{0,9}(?:/\s{0,9}\d{1,9}\s{0,9})?=\s{0,9}([a-z0-9-]{1,40})", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\"[^\"]{0,998}\"|([a-z0-9-]{1,20})\s{0,9}\.\s{0,9}([a-z0-9_-]{1,40})\s{0,9}=\s{0,9}(\"[^\"]{0,998}\"|[^\s;\"]{1,998})",
    re.IGNORECASE,
)
_LONGEST = 16_000
_MARK = re.compile(r'[()"]')
_PRIVATE = re.compile(
    r"(?:(?:10|127)\.\d+|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+$"
    r"|::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:",
    re.IGNORECASE,
)
"""RFC 1918, RFC 4193, loopback and link-local."""

Json = dict[str, Any]


class Result(NamedTuple):
    """One method's finding: `dkim=pass header.d=firma.pl` → ("dkim", "pass", {"header.d": "firma.pl"})."""

    method: str
    result: str
    properties: dict[str, str]


class Statement(NamedTuple):
    """One Authentication-Results header; Microsoft 365 writes it without an authserv-id."""

    authserv_id: str | None
    results: list[Result]


def authentication(fields: HeaderFields, from_domains: Sequence[str], trusted_authserv_ids: Sequence[str]) -> Json:
    """The shape of `contracts.mail.Authentication`. `from_domains` has one entry for each mailbox of every From header."""
    if not trusted_authserv_ids:
        return {"verdict": "unchecked"}
    statements = list(_trusted_statements(fields, {name.strip().lower() for name in trusted_authserv_ids}))
    if not statements:
        return {"verdict": "none", "reason": "no_trusted_header"}
    results = [result for statement in statements for result in statement.results]
    found: Json = {"dmarc": _dmarc_result(results), "authserv_id": statements[0].authserv_id}
    if len(from_domains) != 1 or not from_domains[0]:
        return found | {"verdict": "failed", "reason": "several_from" if from_domains else "no_from"}
    verdict, reason = _verdict(results, from_domains[0])
    return found | {"verdict": verdict, "reason": reason}


def statement_of(value: str) -> Statement:
    """A header value taken apart; comments are left out first, so nothing in them can speak."""
    segments = _segments(_without_comments(value[:_LONGEST]))
    first = segments[0].strip()
    is_nameless = "=" in first
    name = None if is_nameless else first.partition(" ")[0].strip('"').lower()
    results = []
    for segment in segments if is_nameless else segments[1:]:
        match = _RESULT.match(segment.strip())
        if match:
            properties: dict[str, str] = {}
            for kind, name_of_property, found in _PROPERTY.findall(segment):
                if kind:  # nothing inside quotes is a property
                    properties.setdefault(f"{kind}.{name_of_property}".lower(), found.strip('"').lower())
            results.append(Result(match[1].lower(), match[2].lower(), properties))
    return Statement(name or None, results)


def _verdict(results: list[Result], from_domain: str) -> tuple[str, str]:
    """`passed` by DMARC for this very From domain, or by an aligned DKIM signature when DMARC says nothing (reliability C)."""
    dmarc = [result for result in results if result.method == "dmarc"]
    dkim = [result for result in results if result.method == "dkim"]
    if any(result.result in ("fail", "reject", "quarantine") for result in dmarc):
        return "failed", "dmarc_fail"
    for result in dmarc:
        if result.result == "pass":
            checked = result.properties.get("header.from", "").rpartition("@")[2]
            if not checked or is_aligned(checked, from_domain):
                return "passed", "dmarc"
            return "failed", "dmarc_of_another_domain"
    for result in dkim:
        signer = result.properties.get("header.d") or result.properties.get("header.i", "").rpartition("@")[2]
        if result.result == "pass" and is_aligned(signer, from_domain):
            return "passed", "dkim"
    if dmarc or dkim:
        return "failed", "not_aligned" if any(result.result == "pass" for result in dkim) else "no_pass"
    return "none", "no_dmarc_or_dkim"


def _dmarc_result(results: list[Result]) -> str | None:
    return next((result.result for result in results if result.method == "dmarc"), None)


def _trusted_statements(fields: HeaderFields, trusted: set[str]) -> Iterator[Statement]:
    """Those of our own server, from the top down to the line with which it took the mail in."""
    items = fields.items
    for at, (name, raw) in enumerate(items):
        if name == "received" and not _is_handed_over_inside(raw.decode("latin-1")):
            return
        if name == "authentication-results":
            statement = statement_of(raw.decode("utf-8", "replace"))
            if statement.authserv_id is None:
                by = _server_below(items, at)
                if any(by == name or by.endswith(f".{name}") for name in trusted):
                    yield statement._replace(authserv_id=by)
            elif statement.authserv_id in trusted:
                yield statement


def _server_below(items: list[tuple[str, bytes]], at: int) -> str:
    """Who wrote a header that bears no name: Exchange puts it right above the Received line of the same server."""
    for name, raw in items[at + 1 :]:
        if name == "received":
            match = _BY.search(_without_comments(raw.decode("latin-1")))
            return match[1].lower().rstrip(".") if match else ""
    return ""


def _is_handed_over_inside(received: str) -> bool:
    """A hop within one house: no `from` at all, LMTP or local delivery, or only private addresses (a content filter).

    The line of the server that took the mail from the outside always shows the public address it came from; a sender can choose
    his HELO, but not hide that address.
    """
    before_by = received[: match.start()] if (match := _BY.search(received)) else received
    if not _FROM.match(received):
        return match is not None or received.lstrip().startswith("(")
    if _LOCAL_PROTOCOL.search(received):
        return True
    addresses = [one or other for one, other in _ADDRESS.findall(before_by)]
    return bool(addresses) and all(_PRIVATE.match(address) for address in addresses)


def _segments(value: str) -> list[str]:
    """Split at semicolons, but not at those inside quotes."""
    if '"' not in value:
        return value.split(";")
    segments = [""]
    for number, piece in enumerate(value.split('"')):
        if number % 2:
            segments[-1] += f'"{piece}"'
        else:
            first, *others = piece.split(";")
            segments[-1] += first
            segments += others
    return segments


def _without_comments(value: str) -> str:
    """The value without its comments, nested ones by counting; quoted strings are kept and hide parentheses."""
    if "(" not in value:
        return value
    kept: list[str] = []
    depth = 0
    is_quoted = False
    at = 0
    for mark in _MARK.finditer(value):
        if depth == 0:
            kept.append(value[at : mark.start()])
        at = mark.end()
        if mark[0] == '"' and depth == 0:
            is_quoted = not is_quoted
            kept.append('"')
        elif is_quoted:
            kept.append(mark[0])
        elif mark[0] == "(":
            depth += 1
        elif depth:
            depth -= 1
            kept.append(" ")
    if depth == 0:
        kept.append(value[at:])
    return "".join(kept)
