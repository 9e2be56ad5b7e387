"""Identifiers that sort by the moment they were made (UUIDv7, RFC 9562 section 5.7)."""

import os
import threading
import time
from uuid import UUID

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM_BITS = 62
_COUNTER_BITS = 12

_lock = threading.Lock()
_last_millisecond = 0
_last_counter = 0


def new_id() -> UUID:
    """A fresh UUIDv7; later calls in one process sort after earlier ones, even within a millisecond.

    The 12 bits after the time are a counter that starts low and random each millisecond (RFC 9562 section 6.2,
    method 1); 62 random bits remain, so ids cannot be guessed from one another. A clock stepped back does not
    break the order.
    """
    global _last_millisecond, _last_counter
    with _lock:
        millisecond = time.time_ns() // 1_000_000
        if millisecond > _last_millisecond:
            _last_millisecond = millisecond
            _last_counter = int.from_bytes(os.urandom(1), "big")
        else:
            _last_counter += 1
            if _last_counter >> _COUNTER_BITS:
                _last_millisecond += 1
                _last_counter = 0
        millisecond, counter = _last_millisecond, _last_counter
    random = int.from_bytes(os.urandom(8), "big") >> (64 - _RANDOM_BITS)
    return UUID(int=(millisecond << 80) | _VERSION_AND_VARIANT | (counter << 64) | random)
