"""Whichever way a request takes to its endpoint, the answer is the same to the last header."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.middleware import Middleware

from kit.endpoint_plans import plan_of
from kit.errors import Conflict, Unauthorized
from kit.etags import show_version
from kit.express import Express
from kit.problems import install_problems
from kit.schemas import Body

ID = "0190a000-0000-7000-8000-000000000001"


class Bird(Body):
    name: str
    weight: int = 0


class Shown(BaseModel):
    values: dict[str, Any]


class NoKey(Unauthorized):
    code = "no_key"


class Taken(Conflict):
    code = "taken"


async def key(x_key: Annotated[str | None, Header()] = None) -> str:
    if x_key is None:
        raise NoKey("This needs a key.")
    return x_key


async def page(limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None) -> tuple[int, str | None]:
    return limit, cursor


async def wanted(
    by: Annotated[str, Depends(key)],
    kind: Annotated[list[Literal["a", "b"]] | None, Query()] = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    words: str = "",
    exact: bool = False,
) -> dict[str, Any]:
    return {"by": by, "kind": kind, "since": since, "words": words, "exact": exact}


router = APIRouter(prefix="/v1")
By = Annotated[str, Depends(key)]


@router.get("/birds")
async def list_birds(
    by: By,
    paging: Annotated[tuple[int, str | None], Depends(page)],
    asked: Annotated[dict[str, Any], Depends(wanted)],
    order: Literal["name", "-name"] = "name",
) -> Shown:
    return Shown(values={"by": by, "paging": paging, "asked": asked, "order": order})


@router.get("/birds/count")
async def count_birds(least: int) -> int:
    return least


@router.get("/birds/{bird_id}")
async def show_bird(bird_id: UUID, request: Request, response: Response) -> Shown:
    show_version(request, response, 7)
    response.headers["link"] = "</v1/birds>"
    return Shown(values={"id": bird_id, "seen": request.url.path})


@router.post("/birds", status_code=201)
async def add_bird(bird: Bird, by: By, response: Response) -> Bird:
    if bird.name == "dodo":
        raise Taken("There are none left.")
    if bird.weight > 100:
        response.status_code = 202
    return bird


@router.put("/birds/{bird_id}/note")
async def note(bird_id: UUID, note: Bird | None = None) -> Bird | None:
    return note


@router.delete("/birds/{bird_id}", status_code=204)
async def remove_bird(bird_id: UUID) -> None:
    return None


@router.get("/raw/{name}", response_model=Shown)
async def raw(name: str) -> Response:
    return Response(name.encode(), media_type="text/plain", headers={"x-raw": "yes"})


@router.get("/rare")
def in_a_thread(name: str = "x") -> str:
    return name


def _app(*middleware: Middleware) -> FastAPI:
    app = FastAPI(middleware=list(middleware), redirect_slashes=False)
    app.router.routes.extend(router.routes)
    install_problems(app)
    return app


USUAL = _app()
QUICK = _app(Middleware(Express, routes=router.routes))


async def _ask(app: FastAPI, method: str, path: str, **given: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://birds") as client:
        answer = await client.request(method, path, **given)
    return answer.status_code, sorted(answer.headers.items()), answer.content


JSON = {"content-type": "application/json"}
KEY = {"x-key": "k"}


@pytest.mark.parametrize(("method", "path", "given", "status"), [
    ("GET", "/v1/birds", {"headers": KEY}, 200),
    ("GET", "/v1/birds", {}, 401),                                                     # asked before anything is read
    ("GET", "/v1/birds?limit=0", {}, 401),
    ("GET", "/v1/birds?limit=7&kind=a&kind=b&from=2026-11-30T10:00:00Z&exact=yes&words=&order=-name", {"headers": KEY}, 200),
    ("GET", "/v1/birds?limit=0&kind=c&from=soon&order=up", {"headers": KEY}, 422),     # every error, in the same order
    ("GET", "/v1/birds?since=2026-11-30T10:00:00Z&unknown=1&limit=3&limit=4", {"headers": KEY}, 200),
    ("GET", "/v1/birds/count", {}, 422),
    ("GET", "/v1/birds/count?least=", {}, 422),
    ("GET", "/v1/birds/count?least=4", {}, 200),
    ("GET", f"/v1/birds/{ID}", {}, 200),
    ("GET", f"/v1/birds/{ID}", {"headers": {"if-none-match": '"7"'}}, 304),
    ("GET", "/v1/birds/nobody", {}, 422),
    ("GET", f"/v1/birds/{ID}/", {}, 404),
    ("GET", "/v1/birds/", {}, 404),
    ("HEAD", "/v1/birds", {}, 405),
    ("PATCH", f"/v1/birds/{ID}", {}, 405),
    ("POST", "/v1/birds", {"headers": KEY, "json": {"name": "owl"}}, 201),
    ("POST", "/v1/birds", {"headers": KEY, "json": {"name": "emu", "weight": 200}}, 202),
    ("POST", "/v1/birds", {"headers": KEY, "json": {"name": "dodo"}}, 409),
    ("POST", "/v1/birds", {"json": {"name": "owl"}}, 401),
    ("POST", "/v1/birds", {"headers": KEY, "json": {"nome": "owl", "weight": "much"}}, 422),
    ("POST", "/v1/birds", {"headers": KEY, "json": ["owl"]}, 422),
    ("POST", "/v1/birds", {"headers": KEY}, 422),
    ("POST", "/v1/birds", {"headers": JSON, "content": b"{"}, 400),                    # before the key is asked for
    ("POST", "/v1/birds", {"headers": KEY | JSON, "content": b'{"name": "\xff"}'}, 400),
    ("POST", "/v1/birds", {"headers": KEY | JSON, "content": b'{"weight": ' + b"9" * 5000 + b"}"}, 400),
    ("POST", "/v1/birds", {"headers": KEY | JSON, "content": b"[" * 100_000}, 400),
    ("POST", "/v1/birds", {"headers": KEY, "content": b'{"name": "owl"}'}, 422),       # nobody said that it is JSON
    ("POST", "/v1/birds", {"headers": KEY | {"content-type": "text/json"}, "content": b'{"name": "owl"}'}, 422),
    ("POST", "/v1/birds", {"headers": KEY | {"content-type": "Application/LD+JSON; a=b"}, "content": b'{"name": "owl"}'}, 201),
    ("PUT", f"/v1/birds/{ID}/note", {}, 200),
    ("PUT", f"/v1/birds/{ID}/note", {"json": None}, 200),
    ("PUT", f"/v1/birds/{ID}/note", {"json": {"name": "owl"}}, 200),
    ("DELETE", f"/v1/birds/{ID}", {}, 204),
    ("GET", "/v1/raw/a%2Fb", {}, 404),
    ("GET", "/v1/raw/a%20b", {}, 200),
    ("GET", "/v1/rare?name=y", {}, 200),
    ("GET", "/v1/nothing/here", {}, 404),
])  # fmt: skip
async def test_the_short_way_answers_as_the_long_one(
    method: str, path: str, given: dict[str, Any], status: int
) -> None:
    usual = await _ask(USUAL, method, path, **given)
    assert usual[0] == status
    assert await _ask(QUICK, method, path, **given) == usual


def test_what_is_rare_has_no_plan() -> None:
    without = {route.name for route in router.routes if isinstance(route, APIRoute) and plan_of(route) is None}
    assert without == {"in_a_thread"}
