"""The keys that access tokens are signed with: Ed25519, named by their thumbprint, made once and kept beside the database."""

import base64
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kit.settings import BadSettings
from tasks_api.settings import Settings

FILE = "signing-key.pem"
FORMER_FILES = "signing-key.*.pem"
_PEM_BLOCK = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


@dataclass(frozen=True)
class SigningKeys:
    """`current` signs; the former ones only verify what they signed. Rotation: a new key file, the old one renamed."""

    current: Ed25519PrivateKey
    former: tuple[Ed25519PrivateKey, ...] = ()

    @property
    def key_id(self) -> str:
        return thumbprint(self.current)

    def jwks(self) -> dict[str, Any]:
        """The public halves as a JWK set (RFC 7517, RFC 8037)."""
        return {"keys": [public_jwk(key) for key in (self.current, *self.former)]}


def signing_keys(settings: Settings) -> SigningKeys:
    """The keys of this installation; a first one is made when there is none. Several replicas need `GONIEC_SIGNING_KEY`."""
    former_text = settings.former_signing_keys.get_secret_value() if settings.former_signing_keys else ""
    former = [_private_key(block, "GONIEC_FORMER_SIGNING_KEYS") for block in _PEM_BLOCK.findall(former_text)]
    if settings.signing_key is not None:
        return SigningKeys(_private_key(settings.signing_key.get_secret_value(), "GONIEC_SIGNING_KEY"), tuple(former))
    path = settings.data / FILE
    if not path.exists():
        _keep_new_key(path)
    kept = sorted(path.parent.glob(FORMER_FILES))
    former += [_private_key(file.read_text(encoding="ascii"), str(file)) for file in kept]
    return SigningKeys(_private_key(path.read_text(encoding="ascii"), str(path)), tuple(former))


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    return {**_required_members(key), "kid": thumbprint(key), "use": "sig", "alg": "EdDSA"}


def thumbprint(key: Ed25519PrivateKey) -> str:
    """RFC 7638: SHA-256 over the required members in lexical order."""
    canonical = orjson.dumps(_required_members(key), option=orjson.OPT_SORT_KEYS)
    return _base64url(hashlib.sha256(canonical).digest())


def _required_members(key: Ed25519PrivateKey) -> dict[str, str]:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(raw)}


def _private_key(pem: str, where: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.strip().encode("ascii"), password=None)
    except (ValueError, TypeError, UnicodeEncodeError):
        raise BadSettings(f"{where} is no private key in PEM.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings(f"{where} is not an Ed25519 key; make one with: openssl genpkey -algorithm ed25519.")
    return key


def _keep_new_key(path: Path) -> None:
    """Write a fresh key with mode 600, whole or not at all; a key somebody wrote in the meantime stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
