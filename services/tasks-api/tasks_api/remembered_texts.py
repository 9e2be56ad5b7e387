"""JSON of tasks, remembered by version: lists show the same tasks again and again, and a version never changes. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID


class RememberedTexts:
    """The texts asked for last, `most` of them: some megabytes. `variant` tells apart what one version can be written as."""

    def __init__(self, *, most: int = 5_000) -> None:
        self._most = most
        self._texts: OrderedDict[tuple[UUID, int, bool], bytes] = OrderedDict()

    def known(self, versions: Iterable[tuple[UUID, int]], *, variant: bool) -> dict[UUID, bytes]:
        """Those of these versions that are remembered."""
        found: dict[UUID, bytes] = {}
        for task_id, version in versions:
            text = self._texts.get((task_id, version, variant))
            if text is not None:
                self._texts.move_to_end((task_id, version, variant))
                found[task_id] = text
        return found

    def remember(self, task_id: UUID, version: int, text: bytes, *, variant: bool) -> None:
        self._texts[task_id, version, variant] = text
        while len(self._texts) > self._most:
            self._texts.popitem(last=False)
