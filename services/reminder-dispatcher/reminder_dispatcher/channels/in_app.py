"""Reminders that show where operators work: nothing leaves the house, `reminder.due` and the stream of notices carry them
(features R59)."""

from reminder_dispatcher.channels.role import Accepted, Notice


class InAppChannel:
    kind = "app"
    may_repeat = True

    async def send(self, message: Notice) -> Accepted:  # noqa: ARG002 - the intent has shown it already
        """It is shown as soon as the intent is written down; there is nobody who could refuse it."""
        return Accepted(detail="shown to the operator", delivered=True)

    async def close(self) -> None:
        """Nothing is open."""
