from __future__ import annotations

import pytest

from tasks_api.phone_numbers import NoPhoneNumber, canonical_phone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("601 234 567", "+48601234567"),
        ("+48 601-234-567", "+48601234567"),
        ("0048601234567", "+48601234567"),
        ("(22) 123 45 67", "+48221234567"),
        ("22 123 45 67 wew. 12", "+48221234567;ext=12"),
        ("22 123 45 67, wewn. 7", "+48221234567;ext=7"),
        ("+48221234567;ext=7", "+48221234567;ext=7"),  # what is kept is kept
        ("+49 30 901820", "+4930901820"),
        ("112", "112"),  # no number anywhere, but somebody wrote it down
        ("centrala 100", "centrala 100"),
        ("   ", None),
        ("", None),
    ],
)
def test_canonical_phone(written: str, kept: str | None) -> None:
    assert canonical_phone(written, region="PL") == kept


def test_the_country_is_that_of_the_installation() -> None:
    assert canonical_phone("030 901820", region="DE") == "+4930901820"


@pytest.mark.parametrize("written", ["brak", "---", "1" * 61])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(NoPhoneNumber):
        canonical_phone(written, region="PL")
