"""Who calls, and what they must be allowed."""

from typing import Annotated

from fastapi import Depends

from kit.tokens import Caller, requires
from reminder_dispatcher.actors import Actor

Reader = Annotated[Caller, Depends(requires("reminders:read"))]
Writer = Annotated[Caller, Depends(requires("reminders:write"))]


def actor_of(caller: Caller) -> Actor:
    """Who did something, for the log of reminders: the name in the token, else its subject."""
    return Actor(caller.user_id, caller.name or caller.subject)
