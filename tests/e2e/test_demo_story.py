"""The demo is the first end-to-end test: real SMTP, real IMAP, a real broker, four services."""

from __future__ import annotations

import pytest

from goniec.api import Api
from goniec.demo.mail_server import DemoMailServer
from goniec.demo.story import Story
from goniec.installation import Installation

pytestmark = pytest.mark.slow


@pytest.mark.timeout(240)
async def test_story_of_the_demo_comes_true_and_a_second_start_keeps_everything(
    installation: Installation, api: Api
) -> None:
    base = installation.places.port_base
    mail = DemoMailServer(address="biuro@demo.example", password="demo")
    await mail.start(imap_port=base + 43, smtp_port=base + 25)
    try:
        told = [step.what async for step in Story(api, mail).steps()]
    finally:
        await mail.stop()

    assert len(told) == 9
    assert any("[Demo#1]" in what for what in told)

    account = await api.post("tasks-api", "/v1/accounts", {"name": "Zielony Młyn", "emails": ["anna@zielony.example"]})
    await installation.stop()
    async with Installation(installation.places) as again:
        await again.ready()
        assert not again.password_is_new
        async with Api(again.places, password=again.places.admin_password) as api_again:
            kept = await api_again.get("tasks-api", f"/v1/accounts/{account['id']}")

    assert kept["name"] == "Zielony Młyn"
