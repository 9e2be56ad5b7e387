"""Which words many tasks hold, remembered for a minute: it decides how a search goes about it, never what it finds. Pure."""

from __future__ import annotations

from collections import OrderedDict

KEPT_SECONDS = 60.0


class KnownWords:
    """What was asked last, `most` of it, with the moment (seconds of any clock that only goes forward)."""

    def __init__(self, *, most: int = 1_000) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, int], tuple[float, bool]] = OrderedDict()

    def are_common(self, words: str, above: int, *, at: float) -> bool | None:
        """Whether more than `above` tasks hold these words; None when nobody has asked of late."""
        told = self._known.get((words, above))
        return told[1] if told is not None and at < told[0] + KEPT_SECONDS else None

    def learn(self, words: str, above: int, *, common: bool, at: float) -> None:
        self._known[words, above] = at, common
        self._known.move_to_end((words, above))
        while len(self._known) > self._most:
            self._known.popitem(last=False)
