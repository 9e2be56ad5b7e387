"""ETag, If-Match and If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2)."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from kit.errors import PreconditionFailed
from kit.etags import check_if_match, etag_of, show_version
from kit.problems import NotModified


def a_request(method: str = "PATCH", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": raw})


@pytest.mark.parametrize(
    ("if_match", "accepted"),
    [
        (None, True),
        ("*", True),
        (' "7" ', True),
        ('"6", "7"', True),
        ('"6","7"', True),
        ("7", True),  # somebody left the quotes out
        ('"6"', False),
        ('W/"7"', False),  # weak tags never match here
        ('W/"7", "7"', True),
        ('"77"', False),
        ('"7', False),
        ("", False),
        ('"*"', False),
    ],
)
def test_if_match(if_match: str | None, accepted: bool) -> None:
    request = a_request() if if_match is None else a_request(if_match=if_match)
    if accepted:
        check_if_match(request, etag_of(7))
    else:
        with pytest.raises(PreconditionFailed):
            check_if_match(request, etag_of(7))


@pytest.mark.parametrize(
    ("method", "if_none_match", "is_fresh"),
    [
        ("GET", '"7"', True),
        ("HEAD", '"7"', True),
        ("GET", 'W/"7"', True),  # the weak comparison suffices
        ("GET", '"5", "7"', True),
        ("GET", "*", True),
        ("GET", '"6"', False),
        ("POST", '"7"', False),
    ],
)
def test_if_none_match(method: str, if_none_match: str, is_fresh: bool) -> None:
    request, response = a_request(method, if_none_match=if_none_match), Response()
    if is_fresh:
        with pytest.raises(NotModified):
            show_version(request, response, 7)
    else:
        show_version(request, response, 7)
    assert response.headers["etag"] == '"7"'
