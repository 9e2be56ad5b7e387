"""Message-IDs as evidence of who answers what (RFC 5322 section 3.6.4); never a key for dropping a mail (DESIGN 2.7)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from kit.outgoing_mail import new_message_id

__all__ = ["LONGEST_KEPT", "MOST_ANCESTORS", "ancestors", "index_key", "is_writable", "new_message_id"]

LONGEST_KEPT = 200
_WRITABLE = re.compile(r"[!-;=?-~]{1,900}")
MOST_ANCESTORS = 50
"""Ancestors of a mail that are looked up, nearest first; long References carry the old ones in the middle."""


def index_key(message_id: str) -> str:
    """A Message-ID as the index keeps it: itself, or its digest when it is absurdly long."""
    if len(message_id) <= LONGEST_KEPT:
        return message_id
    return f"sha256:{hashlib.sha256(message_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def ancestors(
    own_id: str | None, in_reply_to: Sequence[str], references: Sequence[str], *, most: int = MOST_ANCESTORS
) -> list[str]:
    """The mails a mail answers, nearest first: In-Reply-To, then References from the end; the first of all is kept.

    An empty id (`In-Reply-To: <>`) answers nothing: stored, it would match every other one (GLPI mailanalyzer #7).
    """
    nearest_first = dict.fromkeys(
        index_key(each) for each in (*in_reply_to, *reversed(references)) if each.strip("<> ")
    )
    if own_id is not None:
        nearest_first.pop(index_key(own_id), None)
    found = list(nearest_first)
    return found if len(found) <= most else [*found[: most - 1], found[-1]]


def is_writable(message_id: str) -> bool:
    """Whether an id of others can stand in a header of ours: printable ASCII, and short enough for a line."""
    return _WRITABLE.fullmatch(message_id) is not None
