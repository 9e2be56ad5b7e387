"""The settings of the reminder automation, and whether it is ready."""

from fastapi import APIRouter, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from reminder_dispatcher.chosen_elsewhere import check_chosen
from reminder_dispatcher.endpoints.callers import Reader, Writer
from reminder_dispatcher.parts import The
from reminder_dispatcher.readiness import set_up_steps
from reminder_dispatcher.repository import automation as repository
from reminder_dispatcher.repository import copies
from reminder_dispatcher.schemas.automation import (
    ChannelStateShape,
    ReadinessShape,
    SettingsBody,
    SettingsShape,
    StepShape,
)
from reminder_dispatcher.settings_keeping import save_settings

router = APIRouter(tags=["reminder settings"])


@router.get("/v1/reminder-settings", response_model=SettingsShape)
async def show_settings(the: The, _: Reader, request: Request, response: Response) -> SettingsShape:
    """The automation as it is set (features R1); what this gives is what PUT takes."""
    async with the.database.reading() as session:
        settings = await repository.get_settings(session)
    show_version(request, response, settings.version)
    return SettingsShape.of(settings)


@router.put("/v1/reminder-settings", response_model=SettingsShape)
async def put_settings(the: The, _: Writer, body: SettingsBody, request: Request, response: Response) -> SettingsShape:
    """Set the automation. It takes effect at once (features R39); tasks keep the plan they have."""
    learned = await check_chosen(the.database, the.service_client, body.settings(version=0))
    async with the.database.transaction() as session:
        await copies.save_users(session, learned)
        known = await repository.get_settings(session)
        check_if_match(request, etag_of(known.version))
        settings = await save_settings(
            session,
            body.settings(known.version + 1),
            now=the.clock.now(),
            default_zone=the.language.timezone,
        )
    the.dispatcher.wake()
    response.headers["etag"] = etag_of(settings.version)
    return SettingsShape.of(settings)


@router.get("/v1/reminder-settings/readiness", response_model=ReadinessShape)
async def show_readiness(the: The, _: Reader) -> ReadinessShape:
    """What still has to be done before reminders leave (features R31)."""
    stalled = await the.dispatcher.stalled()
    async with the.database.reading() as session:
        steps = await set_up_steps(session, sms_kind=the.sms_kind, stalled=stalled, now=the.clock.now())
    return ReadinessShape(
        ready=all(step.done or not step.required for step in steps),
        steps=[StepShape.model_validate(step) for step in steps],
    )


@router.get("/v1/reminder-channels", response_model=list[ChannelStateShape])
async def list_channels(the: The, _: Reader) -> list[ChannelStateShape]:
    """The ways reminders leave, and which of them rests because it refuses us (reliability B5)."""
    async with the.database.reading() as session:
        states = {state.channel: state for state in await repository.list_channel_states(session)}
    shapes = []
    for channel, kind in (("email", "email"), ("sms", the.sms_kind)):
        state = states.get(channel)
        shapes.append(
            ChannelStateShape(
                channel=channel,
                kind=kind,
                paused_until=state.paused_until if state else None,
                reason=state.reason if state else None,
                detail=state.detail if state else None,
            )
        )
    return shapes
