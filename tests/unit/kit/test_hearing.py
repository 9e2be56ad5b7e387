from kit.bus import Delivery, StreamState
from kit.hearing import Progress


def deliveries(*sequences: int, stream: str = "a") -> list[Delivery]:
    return [Delivery("mail.parroted.v1.x", b"", sequence, 1, stream) for sequence in sequences]


def test_progress_is_the_highest_sequence_dealt_with() -> None:
    progress = Progress(None)
    assert progress.after(deliveries(1, 2, 5)) == StreamState("a", 5)
    assert progress.after(deliveries(3)) == StreamState("a", 5)
    assert progress.after(deliveries(9)) == StreamState("a", 9)


def test_what_is_put_off_holds_it_back_until_it_is_dealt_with() -> None:
    progress = Progress(StreamState("a", 4))
    assert progress.after(deliveries(5, 6, 7), put_off=[6]) == StreamState("a", 5)
    assert progress.after(deliveries(8)) == StreamState("a", 5)
    assert progress.after(deliveries(6), put_off=[6]) == StreamState("a", 5)
    assert progress.after(deliveries(6)) == StreamState("a", 8)


def test_another_stream_begins_anew() -> None:
    progress = Progress(StreamState("a", 100))
    progress.after(deliveries(101), put_off=[101])
    assert progress.after(deliveries(1, 2, stream="b")) == StreamState("b", 2)
