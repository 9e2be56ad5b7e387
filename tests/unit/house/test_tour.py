"""The tour names true places: it is corrected in the commit that moves a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[3]
TOUR = (HOUSE / "docs/tour.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", TOUR)))
PATHS = [each for each in QUOTED if "/" in each and " " not in each]
WORDS = [each for each in QUOTED if re.fullmatch(r"[A-Za-z_][\w.]*", each)]


@pytest.mark.parametrize("path", PATHS)
def test_a_file_the_tour_names_is_there(path: str) -> None:
    assert (HOUSE / path).is_file()


def test_functions_events_and_words_of_the_tour_stand_in_the_files_it_names() -> None:
    text = "\n".join((HOUSE / path).read_text(encoding="utf-8") for path in PATHS if path.endswith(".py"))
    written = set(re.findall(r"[\w.]+", text)) | set(re.findall(r"\w+", text))
    unknown = [word for word in WORDS if word not in written and not set(word.split(".")) <= written]
    assert unknown == []


def test_the_tour_was_found() -> None:
    assert len(PATHS) > 30
    assert len(WORDS) > 40
