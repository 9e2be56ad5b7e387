"""Bytes to text by the charset a mail declares, or by what the bytes say when it declares none or a wrong one.

Only the codecs of this table are ever used: Python's registry also knows `zlib`, `idna` and `undefined`, which raise or do worse,
and `utf-7`, which hides markup. A charset never stops a mail (cases 2, 7c; reliability F).
"""

from __future__ import annotations

import re

_CODECS: dict[str, str] = {}
"""Spelling without punctuation, lower-case → Python codec. Names are mapped to the superset their users really mean."""


def _spell(codec: str, *spellings: str) -> None:
    _CODECS.update(dict.fromkeys(spellings, codec))


_spell("ascii", "usascii", "ascii", "ansix341968", "iso646us", "us", "646", "ansix31101983")
_spell("utf-8", "utf8", "unicode11utf8", "utf8mb4", "utf8n", "cp65001")
_spell("utf-16", "utf16", "ucs2", "iso10646ucs2")
_spell("utf-16-le", "utf16le")
_spell("utf-16-be", "utf16be")
_spell("utf-32", "utf32")
_spell(
    "cp1252",
    "iso88591",
    "latin1",
    "l1",
    "88591",
    "iso885911987",
    "isoir100",
    "windows1252",
    "cp1252",
    "win1252",
    "ansi",
)
_spell("iso8859-2", "iso88592", "latin2", "l2", "88592", "iso885921987", "isoir101")
_spell("cp1250", "windows1250", "cp1250", "win1250", "1250", "xcp1250", "windows1250latin2")
_spell("cp1254", "iso88599", "latin5", "windows1254", "cp1254")
_spell("iso8859-13", "iso885913", "latin7")
_spell("cp874", "iso885911", "tis620", "windows874", "cp874")
_spell("cp1251", "windows1251", "cp1251", "win1251", "ansi1251")
for _number in (3, 4, 5, 6, 7, 8, 10, 14, 15, 16):
    _spell(f"iso8859-{_number}", f"iso8859{_number}")
_spell("iso8859-8", "iso88598i", "iso88598e")
_spell("iso8859-15", "latin9", "l9", "latin0")
for _number in (1253, 1255, 1256, 1257, 1258):
    _spell(f"cp{_number}", f"windows{_number}", f"cp{_number}", f"win{_number}")
for _number in (437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869):
    _spell(f"cp{_number}", f"cp{_number}", f"ibm{_number}", f"{_number}", f"csibm{_number}")
_spell("koi8-r", "koi8r", "koi8", "cskoi8r")
_spell("koi8-u", "koi8u", "koi8ru")
_spell("mac-roman", "macintosh", "macroman", "xmacroman", "mac")
_spell("mac-latin2", "xmacce", "maccentraleurope", "xmaccentraleurroman", "maclatin2", "xmaccentraleurope")
_spell("mac-cyrillic", "xmaccyrillic", "maccyrillic", "xmacukrainian")
_spell(
    "gb18030",
    "gb2312",
    "gbk",
    "gb18030",
    "cp936",
    "windows936",
    "euccn",
    "gb231280",
    "xgbk",
    "isogb2312",
    "csgb2312",
    "hzgb",
)
_spell("hz", "hzgb2312", "hz")
_spell("big5hkscs", "big5", "big5hkscs", "xbig5", "csbig5", "cnbig5")
_spell("cp950", "cp950", "windows950")
_spell(
    "cp949",
    "ksc56011987",
    "ksc5601",
    "ksc56011989",
    "euckr",
    "cp949",
    "uhc",
    "windows949",
    "korean",
    "xwindows949",
    "cseuckr",
)
_spell("iso2022_kr", "iso2022kr")
_spell("johab", "johab")
_spell(
    "cp932", "shiftjis", "sjis", "xsjis", "mskanji", "windows31j", "cp932", "cswindows31j", "windows932", "shiftjis2004"
)
_spell("euc_jp", "eucjp", "xeucjp", "ujis", "eucjpms", "cseucpkdfmtjapanese")
_spell(
    "iso2022_jp_ext",
    "iso2022jp",
    "iso2022jp1",
    "iso2022jp2",
    "iso2022jp3",
    "iso2022jp2004",
    "iso2022jpms",
    "iso2022jpext",
)
_spell("iso2022_jp_ext", "cp50220", "cp50221", "cp50222", "csiso2022jp", "jis")

_WITH_MORE_BEHIND = re.compile(r"utf8|iso2022jp|iso8859(?:1[0-6]|[1-9])|windows125\d|koi8r|gb2312|usascii")
"""`iso-2022-jp$esc`, `utf-8http-equivcontent-type`: the name is there, and something is stuck to it."""
_C1 = bytes(range(0x80, 0xA0))
_ONLY_1250 = _C1 + b"\xa5\xb9"
_ONLY_8859_2 = b"\xa1\xa6\xac\xb1\xb6\xbc"
"""ą ś ź and their capitals, the letters on which windows-1250 and iso-8859-2 differ; everything else Polish is the same."""
_POLISH = b"\xa3\xaf\xb3\xbf\xc6\xca\xd1\xe6\xea\xf1" + _ONLY_8859_2 + b"\x8c\x8f\x9c\x9f\xa5\xb9"
_WESTERN = bytes.fromhex("c0 c5 c8 cc d2 d5 d8 d9 db e0 e3 e5 e8 ec ef f2 f5 f8 f9 fb")
"""Letters of Western Europe that stand where Polish text has nothing to put: à å è ì ò ø ù …"""

_SUPERSETS = {
    "iso8859-2": "cp1250", "iso8859-4": "cp1257", "iso8859-5": "cp1251", "iso8859-6": "cp1256", "iso8859-7": "cp1253",
    "iso8859-8": "cp1255", "iso8859-13": "cp1257", "iso8859-15": "cp1252",
}  # fmt: skip
"""ISO 8859 has no printable characters at 0x80-0x9F: who uses them means the Windows page of the same letters."""

_LONGEST_JIS = 500_000  # bytes that are taken apart one by one
_WIDE = ("utf-", "gb", "hz", "big5", "cp932", "cp949", "cp950", "euc", "iso2022", "johab")


def codec_of(charset: str | None) -> str | None:
    """The codec behind a declared charset; None when it is missing, unknown or not to be used."""
    if not charset:
        return None
    found = _CODECS.get(charset)
    if found is None:
        spelling = "".join(character for character in charset[:60].lower() if character.isalnum())
        found = _CODECS.get(spelling) or _CODECS.get(match[0] if (match := _WITH_MORE_BEHIND.match(spelling)) else "")
    return found


def decoded(data: bytes, charset: str | None = None) -> str:
    """The text of these bytes. Never raises; what cannot be read becomes U+FFFD. Not yet through the text gate."""
    codec = codec_of(charset)
    if codec is None or codec == "ascii":
        return _undeclared(data)
    if not codec.startswith(_WIDE):
        return data.decode("ascii") if data.isascii() else _single_byte(data, codec)
    if codec == "utf-8":
        return _as_utf8(data)
    if codec == "iso2022_jp_ext":
        return _as_iso2022_jp(data)
    if (
        codec.startswith(("utf-16", "utf-32"))
        and b"\x00" not in data
        and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        return _undeclared(data)  # only the name is wide
    return data.decode(codec, "replace")


def guessed(data: bytes) -> str:
    """Bytes of which nothing is declared: UTF-8, else Polish in the one of its two charsets the letters point at (cases 7c).

    Text with more letters of Western Europe than of Polish is Western.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if _count(data, _WESTERN) > _count(data, _POLISH):
            return data.decode("cp1252", "replace")
        return data.decode("iso8859-2" if _looks_like_8859_2(data) else "cp1250", "replace")


def _undeclared(data: bytes) -> str:
    if data.isascii():
        if b"\x1b$" in data:
            return _as_iso2022_jp(data)
        return data.decode("ascii")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return guessed(data)


def _as_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - broken - len(data.translate(None, delete=bytes(range(0x80, 0x100))))
    if broken > whole:  # not UTF-8 with a scratch, but something else under its name
        return guessed(data)
    return text


def _single_byte(data: bytes, codec: str) -> str:
    if data.translate(None, delete=_C1) != data:
        try:
            return data.decode("utf-8")  # no text of a single-byte charset is well-formed UTF-8 by accident
        except UnicodeDecodeError:
            codec = _SUPERSETS.get(codec, codec)
    return data.decode(codec, "replace")


def _looks_like_8859_2(data: bytes) -> bool:
    return _count(data, _ONLY_8859_2) > _count(data, _ONLY_1250)


def _count(data: bytes, letters: bytes) -> int:
    return len(data) - len(data.translate(None, delete=letters))


def _as_iso2022_jp(data: bytes) -> str:
    try:
        return data.decode("iso2022_jp_ext")
    except UnicodeError:
        return _as_jis_by_cp932(data) if len(data) <= _LONGEST_JIS else data.decode("iso2022_jp_ext", "replace")


def _as_jis_by_cp932(data: bytes) -> str:
    """ISO-2022-JP with the vendor characters (① ㈱) that Python's codecs refuse: each pair moved into Shift JIS, then cp932."""
    pieces: list[str] = []
    for number, piece in enumerate(data.split(b"\x1b")):
        if number == 0:
            pieces.append(piece.decode("latin-1"))
        elif piece.startswith((b"$B", b"$@")):
            pieces.append(_shift_jis(piece[2:]).decode("cp932", "replace"))
        elif piece.startswith(b"(I"):
            pieces.append(bytes(byte | 0x80 for byte in piece[2:]).decode("cp932", "replace"))
        else:
            pieces.append(piece[2:].decode("latin-1"))
    return "".join(pieces)


def _shift_jis(pairs: bytes) -> bytes:
    """JIS X 0208 row and cell (7-bit) as Shift JIS; what is not a pair stays as it is."""
    moved = bytearray()
    at = 0
    while at < len(pairs):
        row, cell = pairs[at], pairs[at + 1] if at + 1 < len(pairs) else 0
        if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
            moved.append(row)
            at += 1
            continue
        moved.append((row + 1) // 2 + (0x70 if row < 0x5F else 0xB0))
        if row % 2:
            moved.append(cell + (0x1F if cell < 0x60 else 0x20))
        else:
            moved.append(cell + 0x7E)
        at += 2
    return bytes(moved)
