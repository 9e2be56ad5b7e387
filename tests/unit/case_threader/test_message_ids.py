"""Message-IDs as evidence (RFC 5322 section 3.6.4)."""

import pytest

from case_threader.message_ids import LONGEST_KEPT, MOST_ANCESTORS, ancestors, index_key, is_writable, new_message_id


def test_nearest_ancestor_comes_first() -> None:
    assert ancestors("own@x", ["parent@x"], ["root@x", "middle@x", "parent@x"]) == ["parent@x", "middle@x", "root@x"]


def test_references_count_from_the_end_without_in_reply_to() -> None:
    assert ancestors("own@x", [], ["root@x", "parent@x"]) == ["parent@x", "root@x"]


@pytest.mark.parametrize("empty", ["", "<>", " ", "< >"])
def test_an_empty_id_answers_nothing(empty: str) -> None:
    assert ancestors("own@x", [empty], [empty, "a@x"]) == ["a@x"]


def test_a_mail_is_not_its_own_ancestor() -> None:
    assert ancestors("own@x", ["own@x"], ["a@x", "own@x"]) == ["a@x"]


def test_of_a_very_long_chain_the_nearest_and_the_first_remain() -> None:
    chain = [f"{number}@x" for number in range(500)]
    kept = ancestors(None, [], chain)
    assert len(kept) == MOST_ANCESTORS
    assert kept[0] == "499@x"
    assert kept[-1] == "0@x"


def test_absurdly_long_ids_are_kept_as_digests() -> None:
    long = "x" * (LONGEST_KEPT + 1) + "@y"
    assert index_key(long).startswith("sha256:")
    assert index_key(long) == index_key(long)
    assert index_key("a@b") == "a@b"


def test_our_ids_hold_what_nobody_can_guess() -> None:
    assert new_message_id(bytes(range(16)), "acme.example") == "goniec.000102030405060708090a0b0c0d0e0f@acme.example"
    with pytest.raises(ValueError, match="16 random bytes"):
        new_message_id(b"short", "acme.example")


@pytest.mark.parametrize(
    ("message_id", "writable"),
    [
        ("CAF+x=Y@mail.gmail.com", True),
        ("a b@x", False),
        ("a>b@x", False),
        ("a\r\nBcc: x@y", False),
        ("zażółć@x", False),
        ("", False),
        ("x" * 901, False),
    ],
)
def test_only_harmless_ids_of_others_stand_in_our_headers(message_id: str, writable: bool) -> None:
    assert is_writable(message_id) is writable
