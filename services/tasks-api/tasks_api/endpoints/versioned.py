"""What every door to a single resource with a version does: check `If-Match`, act, answer with the new `ETag`."""

from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response

from kit.etags import check_if_match, etag_of, show_version


class HasVersion(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


S = TypeVar("S", bound=HasVersion)


class Versioned:
    """The version a request speaks of and the one its answer tells."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def expect(self, version: int) -> None:
        """Refuse with 412 when the caller has read another version."""
        check_if_match(self._request, etag_of(version))

    def shown(self, shape: S) -> S:
        """What was asked for: 304 when the caller has it."""
        show_version(self._request, self._response, shape.version)
        return shape

    def changed(self, shape: S) -> S:
        self._response.headers["etag"] = etag_of(shape.version)
        return shape

    def made(self, shape: S, where: str) -> S:
        """What was made, under `where` and its id."""
        self._response.headers["location"] = f"{where}/{shape.id}"
        return self.changed(shape)


Version = Annotated[Versioned, Depends(Versioned)]
"""As a parameter of an endpoint: `version: Version`."""
