"""Outlook's winmail.dat (TNEF, [MS-OXTNEF]): the meeting inside it as a calendar of one event.

Such a meeting holds MAPI fields and no iCalendar. A single meeting is put into words here; a series keeps its rule in a binary
form of its own and is left for a person.
"""

from __future__ import annotations

import logging
import struct
from datetime import UTC, datetime
from typing import Any

from mail_ingest.parsing.text_gate import clean_line, clean_text

_SIGNATURE = b"\x78\x9f\x3e\x22"
_MOST_OBJECTS = 2_000
_MOST_BYTES = 500_000
_MESSAGE_LEVEL = 1
_MESSAGE_CLASS = 0x8008

_METHODS = {
    "ipm.microsoft schedule.mtgreq": "REQUEST",
    "ipm.microsoft schedule.mtgcncl": "CANCEL",
    "ipm.microsoft schedule.mtgrespp": "REPLY",
    "ipm.microsoft schedule.mtgrespn": "REPLY",
    "ipm.microsoft schedule.mtgrespa": "REPLY",
    "ipm.schedule.meeting.request": "REQUEST",
    "ipm.schedule.meeting.canceled": "CANCEL",
    "ipm.schedule.meeting.resp.pos": "REPLY",
    "ipm.schedule.meeting.resp.neg": "REPLY",
    "ipm.schedule.meeting.resp.tent": "REPLY",
}
_ANSWERS = {
    "p": "ACCEPTED",
    "n": "DECLINED",
    "a": "TENTATIVE",
    "pos": "ACCEPTED",
    "neg": "DECLINED",
    "tent": "TENTATIVE",
}

# MAPI properties by tag, or by the long id of a named one ([MS-OXPROPS])
_SUBJECT = 0x0037
_NORMALIZED_SUBJECT = 0x0E1D
_START, _END = 0x820D, 0x820E
_OLD_START, _OLD_END = 0x0060, 0x0061
_LOCATION, _SEQUENCE, _RECURRING, _ALL_DAY = 0x8208, 0x8201, 0x8223, 0x8215
_GLOBAL_ID, _CLEAN_GLOBAL_ID = 0x0003, 0x0023
_CHANGED_AT, _SUBMITTED_AT = 0x001A, 0x0039
_ORGANIZER_ADDRESS = 0x5D02  # of whom the sender represents, as SMTP address


class NoMeeting(Exception):
    """The file holds a meeting that cannot be put into words; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def meeting_in(data: bytes, *, sender: str, sent_at: datetime | None) -> bytes | None:
    """The meeting of a winmail.dat as iCalendar; None when it holds none. Raises NoMeeting when it holds one we cannot read.

    `sender` and `sent_at` are the mail's: they stand in for an organizer and a time stamp that are not in the file.
    """
    objects = _message_objects(data)
    message_class = (
        next((body for name, body in objects if name == _MESSAGE_CLASS), b"").rstrip(b"\0").decode("latin-1").lower()
    )
    method = _METHODS.get(message_class)
    if method is None:
        return None
    properties = _properties(data, objects)
    if properties.get(_RECURRING):
        raise NoMeeting("winmail_series")
    starts, ends = (
        properties.get(_START) or properties.get(_OLD_START),
        properties.get(_END) or properties.get(_OLD_END),
    )
    uid = _uid(properties.get(_GLOBAL_ID) or properties.get(_CLEAN_GLOBAL_ID))
    if uid is None or (starts is None and method == "REQUEST"):
        raise NoMeeting("winmail_without_event")
    answer = _ANSWERS.get(
        message_class.rpartition("mtgresp")[2] if "mtgresp" in message_class else message_class.rpartition(".")[2]
    )
    properties[_START], properties[_END] = starts, ends
    properties.setdefault(_CHANGED_AT, properties.get(_SUBMITTED_AT) or sent_at)
    return _calendar(properties, method, uid, sender, answer)


def _message_objects(data: bytes) -> list[tuple[int, bytes]]:
    """The attributes of the message itself, without those of its attachments: (name, body)."""
    if not data.startswith(_SIGNATURE):
        return []
    found: list[tuple[int, bytes]] = []
    at = 6
    size = 0
    for _ in range(_MOST_OBJECTS):
        if at + 11 > len(data):
            break
        level, name, _, length = struct.unpack_from("<BHHI", data, at)
        if level == _MESSAGE_LEVEL and size + length <= _MOST_BYTES:
            found.append((name, data[at : at + 11 + length]))
            size += length
        at += 11 + length
    return [(name, whole[9:-2]) if name == _MESSAGE_CLASS else (name, whole) for name, whole in found]


def _properties(data: bytes, objects: list[tuple[int, bytes]]) -> dict[int, Any]:
    """MAPI properties of the message by tag or long id. The library copies its rest for every attribute, so it gets only these."""
    from tnefparse import TNEF

    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)
    small = data[:6] + b"".join(body for name, body in objects if name != _MESSAGE_CLASS)
    try:
        tnef = TNEF(small, do_checksum=False)
    except Exception as error:
        raise NoMeeting("winmail_unreadable") from error
    return {attribute.guid_prop or attribute.name: _value(attribute) for attribute in reversed(tnef.mapiprops)}


def _value(attribute: Any) -> Any:
    """A property's value, None when it is out of range; binary ones whole, for the library strips zeros from their end."""
    if isinstance(attribute.raw_data, list) and all(isinstance(piece, bytes) for piece in attribute.raw_data):
        return b"".join(attribute.raw_data)
    try:
        return attribute.data
    except Exception:  # noqa: BLE001 - as above
        return None


def _uid(global_id: Any) -> str | None:
    """The iCalendar UID of a Global Object ID ([MS-OXCICAL] section 2.1.3.1.1.20.26)."""
    if not isinstance(global_id, bytes) or len(global_id) < 40:
        return None
    marker, _, rest = global_id[40:].partition(b"vCal-Uid\x01\x00\x00\x00")
    if rest and not marker:
        return clean_line(rest.rstrip(b"\0").decode("utf-8", "replace")) or None
    return (global_id[:16] + bytes(4) + global_id[20:]).hex().upper()  # without the date of the instance


def _calendar(properties: dict[int, Any], method: str, uid: str, sender: str, answer: str | None) -> bytes:
    organizer = _text(properties.get(_ORGANIZER_ADDRESS)) or sender
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Goniec//winmail//EN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{_escaped(uid)}",
    ]
    lines += [f"DTSTAMP:{_moment(properties.get(_CHANGED_AT)) or '19700101T000000Z'}"]
    if start := _moment(properties.get(_START)):
        lines.append(f"DTSTART;VALUE=DATE:{start[:8]}" if properties.get(_ALL_DAY) else f"DTSTART:{start}")
    if end := _moment(properties.get(_END)):
        lines.append(f"DTEND;VALUE=DATE:{end[:8]}" if properties.get(_ALL_DAY) else f"DTEND:{end}")
    if isinstance(sequence := properties.get(_SEQUENCE), int):
        lines.append(f"SEQUENCE:{max(0, sequence)}")
    if method != "REPLY" and organizer:
        lines.append(f"ORGANIZER:mailto:{organizer}")
    if method == "REPLY" and sender:
        lines.append(f"ATTENDEE;PARTSTAT={answer or 'NEEDS-ACTION'}:mailto:{sender}")
    if method == "CANCEL":
        lines.append("STATUS:CANCELLED")
    for name, tag in (("SUMMARY", _NORMALIZED_SUBJECT), ("LOCATION", _LOCATION)):
        if text := _text(properties.get(tag)) or (_text(properties.get(_SUBJECT)) if name == "SUMMARY" else ""):
            lines.append(f"{name}:{_escaped(text)}")
    return "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


def _moment(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return None
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.rstrip(b"\0").decode("utf-8", "replace")
    return clean_text(value).strip() if isinstance(value, str) else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
