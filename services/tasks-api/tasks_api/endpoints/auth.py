"""Tokens and the keys they are checked with."""

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from tasks_api.errors.people import BadClient, BadTokenRequest, UnsupportedGrant
from tasks_api.parts import The
from tasks_api.schemas.people import TokenShape
from tasks_api.signing_in import Granted

router = APIRouter(tags=["sign-in"])


@router.post("/v1/auth/token", response_model=TokenShape)
async def grant_token(
    the: The,
    request: Request,
    response: Response,
    grant_type: Annotated[str, Form(max_length=100)],
    username: Annotated[str | None, Form(max_length=200)] = None,
    password: Annotated[str | None, Form(max_length=2000)] = None,
    client_id: Annotated[str | None, Form(max_length=200)] = None,
    client_secret: Annotated[str | None, Form(max_length=2000)] = None,
    scope: Annotated[str | None, Form(max_length=1000)] = None,
) -> TokenShape:
    """Sign in: a person with `grant_type=password`, a service with `grant_type=client_credentials` (RFC 6749)."""
    now = the.clock.now()
    if grant_type == "password":
        if username is None or password is None:
            raise BadTokenRequest("The password grant needs username and password.")
        address = request.client.host if request.client else ""
        granted = await the.sign_in.by_password(username, password, address=address, scope=scope, now=now)
    elif grant_type == "client_credentials":
        client_id, client_secret = _client(request, client_id, client_secret)
        granted = the.sign_in.by_client_secret(client_id, client_secret, scope=scope, now=now)
    else:
        raise UnsupportedGrant(grant_type)
    response.headers["cache-control"] = "no-store"
    return _shape(granted)


@router.get("/.well-known/jwks.json")
async def show_keys(the: The, response: Response) -> dict[str, Any]:
    """The public keys that verify our tokens (RFC 7517)."""
    response.headers["cache-control"] = "public, max-age=300"
    return the.keys.jwks()


def _client(request: Request, client_id: str | None, client_secret: str | None) -> tuple[str, str]:
    """Client id and secret from the form, or from the Authorization header (RFC 6749 section 2.3.1)."""
    if client_id is not None and client_secret is not None:
        return client_id, client_secret
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, colon, secret = base64.b64decode(word.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise BadClient from None
        if colon:
            return name, secret
    raise BadTokenRequest("The client-credentials grant needs client_id and client_secret.")


def _shape(granted: Granted) -> TokenShape:
    return TokenShape(access_token=granted.token, expires_in=granted.expires_in, scope=granted.scope)
