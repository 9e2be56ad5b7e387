"""A file that at most one process holds; the kernel lets go of it when the process dies."""

import fcntl
import os
from pathlib import Path
from typing import ClassVar, Self


class DatabaseInUse(RuntimeError):
    """Another process has this SQLite file; more than one replica needs PostgreSQL."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"{database} is in use by another process. SQLite serves one process per service; use PostgreSQL for more."
        )


class FileLock:
    """A POSIX record lock: unlike flock, a forked child does not keep it alive. Within a process a set stands in."""

    _held_here: ClassVar[set[Path]] = set()

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def beside(cls, database: Path) -> Self:
        """Lock `<database>.lock` or raise DatabaseInUse."""
        database.parent.mkdir(parents=True, exist_ok=True)
        path = database.with_name(database.name + ".lock").resolve()
        if path in cls._held_here:
            raise DatabaseInUse(database)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise DatabaseInUse(database) from error
        cls._held_here.add(path)
        return cls(path, descriptor)

    def release(self) -> None:
        if self._descriptor >= 0:
            self._held_here.discard(self._path)
            os.close(self._descriptor)
            self._descriptor = -1
