"""The base of this service's tables: one MetaData of its own, with the kit's tables in it."""

from sqlmodel import SQLModel

from kit.tables import service_metadata

metadata = service_metadata()

LONGEST_ADDRESS = 320


class Table(SQLModel):
    """Base of the table models; `metadata` keeps them apart from other services in one process."""

    metadata = metadata
