"""Secrets that have to be read again, sealed before they reach the database (reliability D11).

Fernet (AES-128-CBC with HMAC-SHA-256) under a key that lives outside of the database. The id of the row that owns a secret
is bound in: sealed bytes copied to another row do not open there.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.settings import BadSettings

KEY_BYTES = 32
SHORTEST_SECRET = 24


class CannotUnseal(Exception):
    """A secret was sealed with a key we do not have, or for another owner."""


class Seal:
    """Seals with the first key, opens with any: so a key can be exchanged without a pause."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in keys])

    def seal(self, secrets: dict[str, Any], *, owner: UUID) -> bytes:
        return self._fernet.encrypt(orjson.dumps({"owner": str(owner), "secrets": secrets}))

    def unseal(self, sealed: bytes, *, owner: UUID) -> dict[str, Any]:
        """Raises CannotUnseal."""
        try:
            content = orjson.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise CannotUnseal("These secrets were sealed with another key.") from None
        if content["owner"] != str(owner):
            raise CannotUnseal("These secrets belong to another owner.")
        secrets: dict[str, Any] = content["secrets"]
        return secrets

    def reseal(self, sealed: bytes) -> bytes:
        """The same secrets under the first key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise CannotUnseal("These secrets were sealed with another key.") from None


def seal_of(given: str | None, file: Path) -> Seal:
    """The seal with the keys that were given, else with the one in `file`, which is made when it is not there yet."""
    keys = [key for key in (given or "").replace(",", " ").split() if key]
    return Seal(keys or [_kept_key(file)])


def _fernet_key(key: str) -> bytes:
    """A Fernet key as it is (32 bytes in URL-safe base64, padded or not); any other long secret is stretched to one."""
    try:
        decoded = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except ValueError:
        decoded = b""
    if len(decoded) != KEY_BYTES:
        if len(key) < SHORTEST_SECRET:
            raise BadSettings(f"GONIEC_SECRET_KEY: a key of fewer than {SHORTEST_SECRET} characters is easily guessed.")
        decoded = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"goniec mail accounts").derive(key.encode())
    return base64.urlsafe_b64encode(decoded)


def _kept_key(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True)
    key = Fernet.generate_key()
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, key + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, file)  # whoever comes first wins; nobody's key is overwritten
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return key.decode("ascii")
