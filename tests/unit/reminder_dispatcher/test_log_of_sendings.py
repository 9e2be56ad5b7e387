"""The file that still knows what left after a backup was restored (reliability B16)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from reminder_dispatcher import sendings
from reminder_dispatcher.reminder_plan import Key
from reminder_dispatcher.sendings import Sending, SendingFile, last_words

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_sending(number: int = 1, **fields: object) -> Sending:
    key = Key(UUID(int=9), "", "client", "client", "email", "PT1440M")
    values = {"attempt": 1, "at": NOON, "step": "intended", "rfc_message_id": "r.1@firma.example", **fields}
    return Sending(reminder_id=UUID(int=number), key=key, begins_at=NOON + timedelta(days=1), **values)  # type: ignore[arg-type]


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    file = SendingFile(tmp_path / "deep" / "sendings.jsonl")
    noted = [a_sending(), a_sending(step="accepted"), a_sending(2, rfc_message_id=None)]
    file.note(noted[:1])
    file.note(noted[1:])
    file.close()
    assert list(SendingFile(tmp_path / "deep" / "sendings.jsonl").read()) == noted
    assert list(SendingFile(tmp_path / "none.jsonl").read()) == []


def test_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "sendings.jsonl"
    file = SendingFile(path)
    file.note([a_sending(), a_sending(2)])
    file.close()
    path.write_bytes(path.read_bytes()[:-20])
    assert [one.reminder_id for one in SendingFile(path).read()] == [UUID(int=1)]


def test_newest_are_found_without_reading_everything(tmp_path: Path) -> None:
    file = SendingFile(tmp_path / "sendings.jsonl")
    file.note([a_sending(n) for n in range(2000)])
    file.close()
    newest = list(file.read(newest_only=True))
    assert 100 < len(newest) < 2000
    assert newest[-1].reminder_id == UUID(int=1999)


def test_old_lines_go_once_the_file_has_grown(tmp_path: Path, monkeypatch: object) -> None:
    path = tmp_path / "sendings.jsonl"
    file = SendingFile(path)
    file.note([a_sending(1, at=NOON - timedelta(days=30)), a_sending(2)])
    file.close()
    file.forget_before(NOON - timedelta(days=14))
    assert len(list(file.read())) == 2, "a small file is not worth it"
    monkeypatch.setattr(sendings, "_WORTH_TIDYING", 0)  # type: ignore[attr-defined]
    file.forget_before(NOON - timedelta(days=14))
    assert [one.reminder_id for one in file.read()] == [UUID(int=2)]


def test_a_disk_that_is_full_stops_no_reminder(tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("a file where the folder should be")
    SendingFile(tmp_path / "in_the_way" / "sendings.jsonl").note([a_sending()])


def test_accepted_is_the_last_word_of_an_attempt() -> None:
    told = last_words([a_sending(), a_sending(step="accepted"), a_sending(attempt=2)])
    assert {attempt: one.step for (_, attempt), one in told.items()} == {1: "accepted", 2: "intended"}
