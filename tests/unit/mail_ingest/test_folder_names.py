"""Names of IMAP folders on the wire (RFC 3501 section 5.1.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_ingest.sources.folder_names import BadFolderName, modified_utf7, readable_name, wire_name


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", '"INBOX"'),
        ("Wysłane", '"Wys&AUI-ane"'),
        ("Kosz & śmieci", '"Kosz &- &AVs-mieci"'),
        ('cudzy"słów\\', '"cudzy\\"s&AUIA8w-w\\\\"'),
        ("台北", '"&U,BTFw-"'),
        ("😀", '"&2D3eAA-"'),
    ],
)
def test_wire_name(name: str, wire: str) -> None:
    assert wire_name(name) == wire


@pytest.mark.parametrize("name", ["", "a\r\nb", "a\x00b", "a\x7f", "a\tb", "\ud800", "x" * 1001])
def test_what_must_not_reach_a_server(name: str) -> None:
    with pytest.raises(BadFolderName):
        wire_name(name)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_names_survive_the_journey(name: str) -> None:
    wire = modified_utf7(name)
    assert wire.isascii()
    assert readable_name(wire) == name


@given(st.text(max_size=40))
def test_a_name_that_is_not_encoded_properly_is_shown_as_it_is(name: str) -> None:
    assert isinstance(readable_name(name), str)
