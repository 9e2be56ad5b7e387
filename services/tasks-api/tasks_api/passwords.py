"""Passwords are kept as argon2id hashes and compared in threads of their own: one comparison takes some 50 ms and 64 MB."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_A_TIME = 2
SHORTEST = 8
LONGEST = 1024


class Passwords:
    """Hashes and compares; at most two at a time, so that a flood of sign-ins cannot take all the memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="passwords")
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the password belongs to the hash. Without a hash the answer is no, and takes as long."""
        fits = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._verify, password_hash or self._nobody, password
        )
        return fits and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's and should be renewed on sign-in."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def new_password() -> str:
    """A password for somebody who was given none."""
    return secrets.token_urlsafe(12)
