"""Headers under which foreign content is saved and never shown (reliability D10)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_ingest.downloads import content_disposition, safe_content_type


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("umowa.pdf", "attachment; filename=\"umowa.pdf\"; filename*=UTF-8''umowa.pdf"),
        ("żółw.pdf", "attachment; filename=\"zolw.pdf\"; filename*=UTF-8''%C5%BC%C3%B3%C5%82w.pdf"),
        ('a"b;c.txt', "attachment; filename=\"a_b;c.txt\"; filename*=UTF-8''a%22b%3Bc.txt"),
        ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ("", "attachment; filename=\"attachment\"; filename*=UTF-8''attachment"),
        ("发票", "attachment; filename=\"__\"; filename*=UTF-8''%E5%8F%91%E7%A5%A8"),
    ],
)
def test_content_disposition(filename: str, expected: str) -> None:
    assert content_disposition(filename) == expected


@given(st.text(max_size=60))
def test_no_name_breaks_out_of_its_header(filename: str) -> None:
    header = content_disposition(filename.encode("utf-8", "replace").decode())
    assert re.fullmatch(
        r"attachment; filename=\"[ !#-\[\]-~]+\"; filename\*=UTF-8''[A-Za-z0-9._~%!$&'()*+,;=:@-]+", header
    )
    assert not re.search(r"[/\\]|%2F|%5C|%0[0-9A-F]|%1[0-9A-F]", header.replace("filename", ""))


@pytest.mark.parametrize(
    ("declared", "served"),
    [
        ("application/pdf", "application/pdf"),
        ("Image/PNG", "image/png"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("text/plain\r\nx-evil: 1", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_safe_content_type(declared: str, served: str) -> None:
    assert safe_content_type(declared) == served
