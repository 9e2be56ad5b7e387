"""Content-Transfer-Encodings undone, as far as the bytes allow; never raises (RFC 2045 section 6)."""

from __future__ import annotations

import binascii

from mail_ingest.parsing.encoded_words import from_base64


def transferred(data: bytes, encoding: str) -> bytes:
    """The bytes a part carries. Unknown encodings are read as if there were none."""
    if encoding == "base64":
        return from_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return from_uuencode(data)
    return data


def from_uuencode(data: bytes) -> bytes:
    """The first file of uuencoded text; lines that are none are passed over."""
    decoded = bytearray()
    is_inside = False
    for line in data.splitlines():
        if not is_inside:
            is_inside = line.startswith(b"begin ")
        elif line.strip() == b"end":
            break
        else:
            decoded += _uuencoded_line(line)
    return bytes(decoded)


def _uuencoded_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # a line whose padding is longer than its count says: take what the count says (RFC-less format, many writers)
        length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
