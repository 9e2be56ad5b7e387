"""Who does something with a reminder, a setting or a name."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """As the token tells; `user_id` is None for a program."""

    user_id: UUID | None
    name: str
