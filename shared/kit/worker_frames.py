"""How a worker pool and its child processes talk: length-prefixed frames over a socket pair, never pickles.

To the child: one batch = function name and arguments. From the child: one frame of a status byte and bytes per item, in
order, as soon as each is done, so that the item a child died of is known.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

HEADER = struct.Struct("<BI")
_BATCH = struct.Struct("<HI")
_LENGTH = struct.Struct("<I")
MAX_FRAME = 512 * 1024 * 1024

READY, FATAL, ANSWERED, RAISED, MEMORY, BATCH_ENDS, LEAVING = range(7)
"""What a frame from the child says. LEAVING ends a batch too: the child goes, and somebody fresh must come."""


def frame(status: int, content: bytes = b"") -> bytes:
    return HEADER.pack(status, len(content)) + content


def batch_parts(function: str, arguments: Sequence[bytes]) -> Iterator[bytes]:
    """The batch as pieces to write one after another; large arguments are not copied."""
    name = function.encode()
    pieces = [_BATCH.pack(len(name), len(arguments)), name]
    for argument in arguments:
        pieces.append(_LENGTH.pack(len(argument)))
        if len(argument) < 65536:
            pieces.append(argument)
        else:
            yield b"".join(pieces)
            yield argument
            pieces = []
    if pieces:
        yield b"".join(pieces)


class BatchReader:
    """Reads batches on the child's side from a blocking binary stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def next_batch(self) -> tuple[str, int] | None:
        """Function name and number of items, or None when the parent has gone."""
        head = self._stream.read(_BATCH.size)
        if len(head) < _BATCH.size:
            return None
        name_length, items = _BATCH.unpack(head)
        return self._stream.read(name_length).decode(), items

    def next_item(self) -> bytes:
        (length,) = _LENGTH.unpack(self._stream.read(_LENGTH.size))
        return self._stream.read(length)
