"""Tells a database that is away or full from an event that cannot be handled: only the second is the event's fault."""

from sqlalchemy import exc

from kit.database import Database

_SQLITE_WORDS = ("database is locked", "disk is full", "disk i/o error", "unable to open database", "readonly database")
# SQLSTATE classes: connection, out of resources (disk full, too many connections), operator (shutdown), system.
_POSTGRESQL_CLASSES = ("08", "53", "57P", "58")


class DatabaseAway(ConnectionError):
    """The database does not answer or has no room; the same work can be done when it is back."""


async def is_outage(error: BaseException, database: Database) -> bool:
    """Whether `error` came from the state of the database rather than from what was asked of it."""
    if isinstance(error, OSError):  # refused while connecting, or something of the handler's own
        return not await _answers(database)
    return says_outage(error)


def says_outage(error: BaseException) -> bool:
    """Whether the error itself says so. One that was raised while connecting (an OSError) says nothing."""
    if isinstance(error, exc.TimeoutError):  # no free connection in the pool
        return True
    return isinstance(error, exc.DBAPIError) and (error.connection_invalidated or _says_so(error))


def _says_so(error: exc.DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    if state:
        return state.startswith(_POSTGRESQL_CLASSES)
    return any(word in str(error.orig).lower() for word in _SQLITE_WORDS)


async def _answers(database: Database) -> bool:
    try:
        await database.ping()
    except (exc.SQLAlchemyError, OSError):
        return False
    return True
