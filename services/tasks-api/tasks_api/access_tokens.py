"""Access tokens: short-lived JWTs (RFC 9068 in spirit) signed with Ed25519."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from kit.ids import new_id
from tasks_api.signing_keys import SigningKeys


@dataclass(frozen=True)
class TokenIssuer:
    """Signs what a caller may do, for a short while."""

    keys: SigningKeys
    issuer: str
    audience: str
    lifetime: timedelta

    def token(
        self,
        subject: str,
        scopes: Iterable[str],
        *,
        now: datetime,
        name: str = "",
        user_id: UUID | None = None,
        employee_id: UUID | None = None,
    ) -> str:
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": subject,
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
            "jti": str(new_id()),
            "scope": " ".join(sorted(scopes)),
        }
        if name:
            claims["name"] = name
        if user_id is not None:
            claims["user_id"] = str(user_id)
        if employee_id is not None:
            claims["employee_id"] = str(employee_id)
        return jwt.encode(
            claims, self.keys.current, algorithm="EdDSA", headers={"kid": self.keys.key_id, "typ": "at+jwt"}
        )
