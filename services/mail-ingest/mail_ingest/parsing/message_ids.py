"""Message-IDs in every spelling seen in the wild, canonical and in order; and Outlook's conversation index."""

from __future__ import annotations

import re

from contracts.addresses import canonical_message_id
from mail_ingest.parsing.encoded_words import from_base64, header_text
from mail_ingest.parsing.text_gate import clean_line

MOST_REFERENCES = 500
"""The oldest and the newest are kept, the middle of a longer chain is left out; no conversation needs it."""

_LONGEST_ID = 998  # a line, RFC 5322 section 2.1.1
_BRACKETED = re.compile(r"<([^<>]*)(>?)")
_BETWEEN = re.compile(r"[\s,;]+")
_COMMENT = re.compile(r"\([^()<>]*\)")
_CONVERSATION_BYTES = 22  # a reserved byte, five of time, sixteen of GUID ([MS-OXOMSG] section 2.2.1.3)


def message_ids(values: list[bytes]) -> list[str]:
    """The ids of all given fields, canonical, each once, in order.

    Folded inside, without brackets, with commas between, with comments, several in one pair of brackets, an empty pair: all occur.
    """
    found: dict[str, None] = {}
    for value in values:
        for message_id in _ids_in(clean_line(header_text(value))):
            canonical = canonical_message_id(message_id)
            if canonical and len(canonical) <= _LONGEST_ID:
                found[canonical] = None
    return list(found)


def own_message_id(values: list[bytes]) -> str | None:
    """The id of the mail itself: anything in its field will do, for it is only compared."""
    ids = message_ids(values)
    if ids:
        return ids[0]
    for value in values:
        bare = canonical_message_id(clean_line(header_text(value)))
        if bare and len(bare) <= _LONGEST_ID:
            return bare
    return None


def written_message_id(values: list[bytes]) -> str | None:
    """The id of the mail itself in its own spelling: an answer must name it so, for other mail programs compare exactly."""
    for value in values:
        for message_id in _ids_in(clean_line(header_text(value))):
            written = "".join(message_id.split()).strip("<>")
            if written and len(written) <= _LONGEST_ID:
                return written
    return None


def references(values: list[bytes]) -> list[str]:
    """The ids of References, oldest first."""
    ids = message_ids(values)
    if len(ids) <= MOST_REFERENCES:
        return ids
    half = MOST_REFERENCES // 2
    return ids[:half] + ids[-half:]


def thread_index(value: bytes | None) -> str | None:
    """Hex of the part of Thread-Index that every mail of an Outlook conversation shares; None when it is too short."""
    if not value:
        return None
    data = from_base64(b"".join(value.split()))
    return data[:_CONVERSATION_BYTES].hex() if len(data) >= _CONVERSATION_BYTES else None


def _ids_in(text: str) -> list[str]:
    if "<" not in text:
        return _unbracketed(_COMMENT.sub(" ", text).replace(">", " "))
    ids: list[str] = []
    outside: list[str] = []
    at = 0
    for match in _BRACKETED.finditer(text):
        outside.append(text[at : match.start()])
        ids += _inside(match[1], is_closed=bool(match[2]))
        at = match.end()
    outside.append(text[at:])
    # "a@x> <b@y>": a bracket was lost in front; a bare address in a phrase ("Your mail of jan@x.pl …") is no id
    lost = [piece.rpartition(" ")[2] for piece in " ".join(outside).split(">")[:-1]]
    return [message_id for message_id in lost if "@" in message_id] + ids


def _inside(text: str, *, is_closed: bool) -> list[str]:
    if text.count("@") > 1 or not is_closed:
        return [piece for piece in _BETWEEN.split(text) if "@" in piece] or [text]
    return [text]


def _unbracketed(text: str) -> list[str]:
    pieces = [piece for piece in _BETWEEN.split(text) if piece]
    with_domain = [piece for piece in pieces if "@" in piece]
    return with_domain or (pieces if len(pieces) == 1 else [])
