from __future__ import annotations

from uuid import UUID

from tasks_api.remembered_texts import RememberedTexts

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def test_a_version_is_remembered_and_another_is_not_it() -> None:
    texts = RememberedTexts()
    texts.remember(A, 1, b"a1", variant=True)
    assert texts.known([(A, 1), (B, 1)], variant=True) == {A: b"a1"}
    assert texts.known([(A, 2)], variant=True) == {}
    assert texts.known([(A, 1)], variant=False) == {}


def test_what_was_not_asked_for_longest_goes_first() -> None:
    texts = RememberedTexts(most=2)
    texts.remember(A, 1, b"a", variant=True)
    texts.remember(B, 1, b"b", variant=True)
    texts.known([(A, 1)], variant=True)
    texts.remember(C, 1, b"c", variant=True)
    assert set(texts.known([(A, 1), (B, 1), (C, 1)], variant=True)) == {A, C}
