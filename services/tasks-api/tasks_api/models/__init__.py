"""Tables of this service; importing this package makes `metadata` whole."""

from tasks_api.models import (
    calendar_entries,
    directory,
    heard,
    invitations,
    letters,
    lists,
    organisation,
    people,
    registers,
    reminders,
    tasks,
    work,
    zones,
)
from tasks_api.models.base import Table, metadata

__all__ = [
    "Table",
    "calendar_entries",
    "directory",
    "heard",
    "invitations",
    "letters",
    "lists",
    "metadata",
    "organisation",
    "people",
    "registers",
    "reminders",
    "tasks",
    "work",
    "zones",
]
