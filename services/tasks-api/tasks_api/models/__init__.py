"""Tables of this service; importing this package makes `metadata` whole."""

from tasks_api.models import directory, heard, invitations, letters, lists, people, registers, reminders, tasks, work
from tasks_api.models.base import Table, metadata

__all__ = [
    "Table",
    "directory",
    "heard",
    "invitations",
    "letters",
    "lists",
    "metadata",
    "people",
    "registers",
    "reminders",
    "tasks",
    "work",
]
