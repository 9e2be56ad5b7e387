"""What the relay and the runner count; `kit.metrics` counts it for Prometheus, without an observer nothing is."""

from typing import Protocol


class Observer(Protocol):
    def published(self, events: int) -> None:
        """`events` outbox rows were acknowledged by the broker."""
        ...

    def outbox_depth(self, events: int) -> None:
        """This many outbox rows wait for the broker."""
        ...

    def consumed(self, events: int) -> None:
        """`events` were handled, committed and acknowledged (repeats included)."""
        ...

    def failed(self, events: int) -> None:
        """`events` could not be handled this time and will be delivered again."""
        ...

    def dead_lettered(self, events: int) -> None:
        """`events` were set aside among the dead letters."""
        ...

    def lag(self, seconds: float) -> None:
        """The age of the newest event just handled, from its announcement to the commit of its effect."""
        ...


class NobodyObserves:
    """The observer that does nothing."""

    def published(self, events: int) -> None: ...

    def outbox_depth(self, events: int) -> None: ...

    def consumed(self, events: int) -> None: ...

    def failed(self, events: int) -> None: ...

    def dead_lettered(self, events: int) -> None: ...

    def lag(self, seconds: float) -> None: ...
