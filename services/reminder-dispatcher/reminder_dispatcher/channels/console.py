"""SMS that are only shown: the default, so that nothing is ever sent to anybody by accident."""

import sys
from typing import TextIO

import orjson

from reminder_dispatcher.channels.role import Accepted, Sms


class ConsoleChannel:
    """One line of JSON for each SMS on standard output; the text is kept in the delivery log as with any gateway."""

    kind = "console"
    may_repeat = True

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def send(self, message: Sms) -> Accepted:
        line = {
            "sms": message.reference,
            "to": message.number,
            "text": message.text,
            "encoding": message.encoding,
            "segments": message.segments,
        }
        print(orjson.dumps(line).decode(), file=self._stream or sys.stdout, flush=True)
        return Accepted(gateway_id=f"console-{message.reference}", detail="shown on the console")

    async def close(self) -> None:
        """Nothing is open."""
