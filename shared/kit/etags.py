"""Versions of single resources: `ETag`, `If-Match` and `If-None-Match` (RFC 9110 sections 8.8.3 and 13.1)."""

import re
from typing import Protocol

from starlette.requests import Request

from kit.errors import PreconditionFailed
from kit.problems import NotModified

_TAG = re.compile(r'\s*(?:(?P<weak>W/)?"(?P<quoted>[^"]*)"|(?P<bare>[^",\s]+))\s*(?:,|$)')


class HasHeaders(Protocol):
    """A response under construction."""

    @property
    def headers(self) -> "MutableHeaderMap": ...


class MutableHeaderMap(Protocol):
    def __setitem__(self, key: str, value: str) -> None: ...


def etag_of(version: int | str) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def check_if_match(request: Request, etag: str) -> None:
    """Refuse with 412 when `If-Match` names other versions than `etag`; without the header everything is accepted.

    The comparison is strong (RFC 9110 section 13.1.1): a weak tag never matches, `*` always does.
    """
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return
    if all(weak or tag != etag for weak, tag in _tags(header)):
        raise PreconditionFailed(
            "This has been changed since you read it; read it again and repeat the change.", etag=etag
        )


def show_version(request: Request, response: HasHeaders, version: int | str) -> None:
    """Give the answer its ETag; a GET whose `If-None-Match` names it already is answered with 304."""
    etag = etag_of(version)
    response.headers["etag"] = etag
    header = request.headers.get("if-none-match")
    if header is None or request.method not in {"GET", "HEAD"}:
        return
    if header.strip() == "*" or any(tag == etag for _, tag in _tags(header)):
        raise NotModified(etag)


def _tags(header: str) -> list[tuple[bool, str]]:
    """The tags of a list as (is weak, tag in quotes), up to where it is not one any more.

    A tag that somebody left unquoted counts as quoted.
    """
    tags: list[tuple[bool, str]] = []
    position = 0
    while position < len(header) and (match := _TAG.match(header, position)):
        tag = match["bare"] if match["quoted"] is None else match["quoted"]
        tags.append((match["weak"] is not None, f'"{tag}"'))
        position = match.end()
    return tags
