"""The base of this service's tables: one MetaData of its own, with the kit's tables in it."""

from typing import Any

from sqlmodel import SQLModel

from kit.tables import service_metadata

metadata = service_metadata()


class Table(SQLModel):
    """Base of the table models; `metadata` keeps them apart from other services in one process."""

    metadata = metadata


def core(model: type[Table]) -> Any:
    """The plain table of a model, for statements over many rows; its columns are `core(Reminder).c.id` and so on."""
    return model.__table__  # type: ignore[attr-defined]
