"""Sealed secrets open for their owner alone, and keys can be exchanged (reliability D11)."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from kit.sealing import CannotUnseal, Seal, seal_of
from kit.settings import BadSettings

OWNER, OTHER = UUID(int=1), UUID(int=2)


def test_what_is_sealed_opens_for_its_owner_only() -> None:
    seal = Seal(["a" * 43])
    sealed = seal.seal({"imap": {"password": "tajne"}}, owner=OWNER)
    assert b"tajne" not in sealed
    assert seal.unseal(sealed, owner=OWNER) == {"imap": {"password": "tajne"}}
    with pytest.raises(CannotUnseal, match="another owner"):
        seal.unseal(sealed, owner=OTHER)
    with pytest.raises(CannotUnseal, match="another key"):
        Seal(["b" * 43]).unseal(sealed, owner=OWNER)


def test_a_key_is_exchanged_without_a_pause() -> None:
    sealed = Seal(["a" * 43]).seal({"x": 1}, owner=OWNER)
    both = Seal(["b" * 43, "a" * 43])
    assert both.unseal(sealed, owner=OWNER) == {"x": 1}
    assert Seal(["b" * 43]).unseal(both.reseal(sealed), owner=OWNER) == {"x": 1}


@pytest.mark.parametrize("key", ["a" * 43, "a" * 43 + "=", "any other long enough sentence will do"])
def test_keys_in_many_spellings(key: str) -> None:
    seal = Seal([key])
    assert seal.unseal(seal.seal({}, owner=OWNER), owner=OWNER) == {}


def test_a_key_that_is_easily_guessed_is_refused() -> None:
    with pytest.raises(BadSettings, match="easily guessed"):
        Seal(["haslo"])


def test_the_kept_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "my_service.key"
    sealed = seal_of(None, file).seal({"x": 1}, owner=OWNER)
    assert file.stat().st_mode & 0o077 == 0
    assert seal_of(None, file).unseal(sealed, owner=OWNER) == {"x": 1}
    assert [path.name for path in file.parent.iterdir()] == ["my_service.key"]
