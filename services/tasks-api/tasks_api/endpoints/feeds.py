"""Calendar feeds: given out, taken back, and read by calendar programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from kit.tokens import Caller
from tasks_api import feeding
from tasks_api.endpoints.callers import Reader
from tasks_api.endpoints.members import member_behind
from tasks_api.feeding import Maker
from tasks_api.models.people import User
from tasks_api.parts import The
from tasks_api.repository import feeds
from tasks_api.schemas.feeds import FeedBody, FeedShape
from tasks_api.scopes import ADMIN
from tasks_api.viewer import Viewer

router = APIRouter(tags=["calendar"])
Secret = Annotated[str, Path(max_length=200)]


@router.get("/v1/calendar-feeds", response_model=Page[FeedShape])
async def list_feeds(the: The, caller: Reader, paging: PageWanted) -> Page[FeedShape]:
    """One's own feeds; an administrator sees everybody's."""
    async with the.database.reading() as session:
        found = await feeds.list_feeds(session, paging, subject=_whose(caller))
    return page_of(found, paging, key=lambda feed: (feed.id,), shape=FeedShape.of)


@router.post("/v1/calendar-feeds", response_model=FeedShape, status_code=201)
async def add_feed(the: The, caller: Reader, body: FeedBody, request: Request, response: Response) -> FeedShape:
    """Make an address for a calendar program. Everybody may give out their own agenda, who sees all calendars any."""
    maker = Maker(caller.subject, Viewer.of_calendar(caller))
    async with the.database.transaction() as session:
        feed, secret = await feeding.make_feed(session, dict(body), maker=maker, now=the.clock.now())
    response.headers["location"] = f"/v1/calendar-feeds/{feed.id}"
    response.headers["etag"] = etag_of(feed.version)
    return FeedShape.of(feed, url=_url(request, secret))


@router.get("/v1/calendar-feeds/{feed_id}", response_model=FeedShape)
async def show_feed(the: The, caller: Reader, feed_id: UUID, request: Request, response: Response) -> FeedShape:
    async with the.database.reading() as session:
        feed = await feeds.get_feed(session, feed_id, subject=_whose(caller))
    show_version(request, response, feed.version)
    return FeedShape.of(feed)


@router.post("/v1/calendar-feeds/{feed_id}/secret", response_model=FeedShape)
async def renew_secret(the: The, caller: Reader, feed_id: UUID, request: Request, response: Response) -> FeedShape:
    """Another secret: the old address answers no more."""
    async with the.database.transaction() as session:
        feed = await feeds.get_feed(session, feed_id, subject=_whose(caller))
        check_if_match(request, etag_of(feed.version))
        secret = feeding.renew_secret(session, feed)
    response.headers["etag"] = etag_of(feed.version)
    return FeedShape.of(feed, url=_url(request, secret))


@router.delete("/v1/calendar-feeds/{feed_id}", status_code=204)
async def remove_feed(the: The, caller: Reader, feed_id: UUID, request: Request) -> None:
    """Revoke it: its address answers no more."""
    async with the.database.transaction() as session:
        feed = await feeds.get_feed(session, feed_id, subject=_whose(caller))
        check_if_match(request, etag_of(feed.version))
        feeding.revoke_feed(session, feed, now=the.clock.now())


@router.get(
    "/v1/feeds/{secret}.ics",
    response_class=Response,
    responses={200: {"description": "The calendar (RFC 5545).", "content": {"text/calendar": {}}}},
)
async def read_feed(the: The, secret: Secret, request: Request) -> Response:
    """The agenda as a calendar program reads it: the address itself is the key. 304 when nothing has changed."""

    async def viewer_of(user: User) -> Viewer:
        return Viewer.of_calendar(await member_behind(the, user))

    feed = await feeding.read_feed(
        the.database,
        secret,
        viewer_of=viewer_of,
        known_etags=request.headers.get("if-none-match"),
        language=the.settings.locale[:2],
        now=the.clock.now(),
    )
    headers = {"etag": feed.etag, "cache-control": "private, max-age=300"}
    if feed.content is None:
        return Response(status_code=304, headers=headers)
    return Response(feed.content, headers=headers, media_type="text/calendar; charset=utf-8")


def _whose(caller: Caller) -> str | None:
    return None if caller.has(ADMIN) else caller.subject


def _url(request: Request, secret: str) -> str:
    return f"{str(request.base_url).rstrip('/')}/v1/feeds/{secret}.ics"
