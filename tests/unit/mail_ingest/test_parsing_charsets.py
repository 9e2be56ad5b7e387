"""Bytes to text: declared charsets, wrong ones, none at all (cases 2 "charsets", 7c; reliability F)."""

from __future__ import annotations

import pytest

from mail_ingest.parsing.charsets import codec_of, decoded

PANGRAM = "Zażółć gęślą jaźń. ZAŻÓŁĆ GĘŚLĄ JAŹŃ."


@pytest.mark.parametrize(
    ("declared", "written_in"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("utf-8;", "utf-8"),
        ("iso-8859-2", "iso8859-2"),
        ("ISO_8859-2:1987", "iso8859-2"),
        ("latin2", "iso8859-2"),
        ("windows-1250", "cp1250"),
        ("cp1250", "cp1250"),
        ("x-cp1250", "cp1250"),
        ("iso-8859-2", "cp1250"),  # what many Polish programs of the nineties did
        ("iso-8859-2", "utf-8"),  # declared by the template, written by the program
        ("windows-1250", "utf-8"),
        ("iso-8859-1", "utf-8"),
        ("us-ascii", "utf-8"),
        ("us-ascii", "cp1250"),
        ("us-ascii", "iso8859-2"),
        ("utf-8", "cp1250"),
        ("utf-8", "iso8859-2"),
        ("cp852", "cp852"),  # DOS
        ("IBM852", "cp852"),
        ("x-mac-ce", "mac-latin2"),
        ("utf-16", "utf-16"),
        ("utf-16le", "utf-16-le"),
        (None, "utf-8"),
        (None, "cp1250"),
        (None, "iso8859-2"),
        (None, "utf-16"),
        ("x-unknown", "cp1250"),
        ("unknown-8bit", "iso8859-2"),
        ("default", "utf-8"),
        ("zlib", "utf-8"),
        ("../../../etc/passwd", "cp1250"),
    ],
)
def test_polish_is_read_whatever_is_declared(declared: str | None, written_in: str) -> None:
    assert decoded(PANGRAM.encode(written_in), declared) == PANGRAM


@pytest.mark.parametrize(
    ("text", "written_in", "declared"),
    [
        ("„Cena” – 5 € …", "cp1252", "iso-8859-1"),  # a superset under the name of its subset
        ("Привет", "koi8-r", "koi8-r"),
        ("Привет", "cp1251", "windows-1251"),
        ("你好世界镕", "gb18030", "gb2312"),  # 镕 is not in GB 2312
        ("똠방각하", "cp949", "ks_c_5601-1987"),  # 똠 is not in KS C 5601
        ("똠방각하", "cp949", "euc-kr"),
        ("①㈱髙", "cp932", "shift_jis"),  # vendor characters
        ("すみません。", "iso2022_jp", "iso-2022-jp"),
        ("すみません。", "iso2022_jp", None),
        ("すみません。", "euc_jp", "euc-jp"),
        ("中文", "big5", "big5"),
        ("Ğü", "iso8859-9", "iso-8859-9"),
        ("À bientôt, où êtes-vous? Élève", "cp1252", None),  # Western, for Polish has no à and no è
        ("Smörgåsbord på Åland", "cp1252", None),
        ("すみません。", "iso2022_jp", "_iso-2022-jp$ESC"),
        ("Zażółć", "utf-8", "utf-8http-equivcontent-type"),
        ("Zażółć", "iso8859-2", "iso-8859-2' http"),
        ("plain", "ascii", "utf-16"),  # only the name is wide
    ],
)
def test_other_alphabets(text: str, written_in: str, declared: str | None) -> None:
    assert decoded(text.encode(written_in), declared) == text


def test_iso_2022_jp_with_vendor_characters() -> None:
    """Row 13 of JIS X 0208 belongs to NEC; Python's codecs refuse it, mail programs write it."""
    assert decoded(b"\x1b$B-!-j\x1b(B end", "iso-2022-jp") == "①㈱ end"


@pytest.mark.parametrize("name", ["zlib", "bz2", "hex", "rot13", "base64", "idna", "punycode", "undefined", "unicode_escape", "utf-7",
                                  "unicode-1-1-utf-7", "mbcs", "", "\x00", "a" * 10_000])  # fmt: skip
def test_codecs_that_are_no_charsets_are_never_used(name: str) -> None:
    assert codec_of(name) is None
    assert decoded(b"+ADw-script+AD4-", name) == "+ADw-script+AD4-"


def test_a_scratch_in_utf_8_costs_one_character() -> None:
    data = PANGRAM.encode()[:-3] + b"\xc5"  # cut in the middle of a character
    assert decoded(data, "utf-8") == PANGRAM[:-2] + "\ufffd"


def test_every_byte_is_read_under_every_name() -> None:
    for name in (
        "utf-8",
        "iso-8859-2",
        "windows-1250",
        "gb2312",
        "iso-2022-jp",
        "utf-16",
        "hz-gb-2312",
        "euc-kr",
        "big5",
        None,
    ):
        assert isinstance(decoded(bytes(range(256)) * 3, name), str)
