"""`goniec import-mail`: which files hold mail, and when it was written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from goniec.importing import mails_in, sent_at

MAIL = b"Subject: one\n\nHello\n"
OTHER = b"Subject: two\n\nFrom here on it goes well.\n"
MBOX = b"From a@b Sun Nov 22 09:00:00 2026\n" + MAIL + b"\nFrom c@d Sun Nov 22 09:01:00 2026\n" + OTHER + b"\n"


def write(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def subjects(path: Path) -> list[bytes]:
    return [raw.split(b"\n", 1)[0] for _, raw in mails_in(path)]


def test_one_file(tmp_path: Path) -> None:
    folder = write(tmp_path, a_dot_eml=MAIL)
    assert list(mails_in(folder / "a.eml")) == [(str(folder / "a.eml"), MAIL)]


def test_mbox_without_its_separators(tmp_path: Path) -> None:
    folder = write(tmp_path, a_dot_mbox=MBOX)
    names, raws = zip(*mails_in(folder / "a.mbox"), strict=True)
    assert names == (f"{folder}/a.mbox#0", f"{folder}/a.mbox#1")
    assert [raw.split(b"\n", 1)[0] for raw in raws] == [b"Subject: one", b"Subject: two"]
    assert not any(raw.startswith(b"From ") for raw in raws)


@pytest.mark.parametrize(
    "separator",
    [
        b"From MAILER-DAEMON Fri Jul  8 12:08:34 2011",
        b"From - Tue Apr 03 11:10:21 2012",  # Thunderbird
        b"From 1791234567890123456@xxx Mon Jan 01 00:00:00 +0000 2024",  # Google Takeout
        b"From ???@??? Tue Apr 03 11:10:21 2012",
        b'From "Anna Nowak" Tue Apr 03 11:10:21 2012\r',
    ],
)
def test_separators_seen_in_the_wild(tmp_path: Path, separator: bytes) -> None:
    folder = write(tmp_path, a_dot_mbox=separator + b"\n" + MAIL + b"\n" + separator + b"\n" + OTHER)
    assert [raw for _, raw in mails_in(folder / "a.mbox")] == [MAIL, OTHER]


def test_a_quoted_from_in_a_text_is_unquoted(tmp_path: Path) -> None:
    folder = write(tmp_path, a_dot_mbox=b"From a@b Sun Nov 22 09:00:00 2026\nSubject: x\n\n>From Anna\n>>From her\n")
    assert [raw for _, raw in mails_in(folder / "a.mbox")] == [b"Subject: x\n\nFrom Anna\n>From her\n"]


def test_maildir_with_what_was_read_first(tmp_path: Path) -> None:
    folder = write(tmp_path, cur__1=MAIL, new__2=OTHER, tmp__3=b"half a mail", dovecot=b"an index")
    assert subjects(folder) == [b"Subject: one", b"Subject: two"]


def test_folder_of_everything(tmp_path: Path) -> None:
    folder = write(
        tmp_path, a_dot_eml=MAIL, b__c_dot_EML=OTHER, d__cur__1=MAIL, d__new__2=MAIL, Inbox=MBOX, Inbox_dot_msf=b"index",
        notes_dot_txt=b"no mail", readme=b"no mail",
    )  # fmt: skip
    assert sorted(subjects(folder)) == [b"Subject: one"] * 4 + [b"Subject: two"] * 2


def test_empty_folder(tmp_path: Path) -> None:
    assert list(mails_in(tmp_path)) == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Date: Sun, 22 Nov 2026 09:00:00 +0100", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (b"Subject: x\r\nDate: Sun, 22 Nov 2026 08:00:00 GMT", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (b"Date: 22 Nov 2026 08:00:00 -0000", datetime(2026, 11, 22, 8, tzinfo=UTC)),  # of no zone: taken as UTC
        (b"Date: Sun,\r\n 22 Nov 2026 08:00:00 +0000", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (b"Date: yesterday", None),
        (b"Date: Sun, 99 Nov 2026 08:00:00 +0000", None),
        (b"Date:", None),
        (b"Subject: x", None),
        (b"Subject: x\r\n\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000", None),  # in the text
        (b"\xff\xfe: \x00", None),
        (b"", None),
    ],
)
def test_sent_at(head: bytes, expected: datetime | None) -> None:
    assert sent_at(head + b"\r\n\r\nText") == expected
