"""Whether words are common is asked once a minute."""

from tasks_api.common_words import KEPT_SECONDS, KnownWords


def test_what_is_known_of_words_is_asked_again_after_a_while() -> None:
    known = KnownWords(most=2)
    assert known.are_common("faktura", 10, at=5.0) is None
    known.learn("faktura", 10, common=True, at=5.0)
    assert known.are_common("faktura", 10, at=5.0 + KEPT_SECONDS - 1) is True
    assert known.are_common("faktura", 20, at=6.0) is None
    assert known.are_common("faktura", 10, at=5.0 + KEPT_SECONDS) is None


def test_the_words_asked_last_are_kept() -> None:
    known = KnownWords(most=2)
    for word in ("a", "b", "c"):
        known.learn(word, 10, common=False, at=0.0)
    assert [known.are_common(word, 10, at=1.0) for word in ("a", "b", "c")] == [None, False, False]
