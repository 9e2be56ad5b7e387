"""Settings of cases (features C8, C9, C28)."""

import pytest
from case_office import Threader, change_settings


async def test_whole_object_is_given_and_taken(office: Threader) -> None:
    settings = await office.get("/v1/case-settings")
    assert settings["tag_prefix"] == "Acme"
    assert (settings["reopen_days"], settings["tag_from_strangers"]) == (None, "hold")
    assert await office.call("PUT", "/v1/case-settings", {**settings, "reopen_days": 14}) == {
        **settings,
        "reopen_days": 14,
    }
    assert (await office.get("/v1/case-settings"))["reopen_days"] == 14


@pytest.mark.parametrize("prefix", ["crm", "Ticket", "sprawa", "re", "a b", "x]", ""])
async def test_bad_prefixes_are_refused_with_a_reason(quick_office: Threader, prefix: str) -> None:
    settings = await quick_office.get("/v1/case-settings")
    for change, pointer in (
        ({"tag_prefix": prefix}, "#/tag_prefix"),
        ({"recognised_prefixes": ["Stary", prefix]}, "#/recognised_prefixes/1"),
    ):
        problem = await quick_office.call("PUT", "/v1/case-settings", {**settings, **change}, status=422)
        assert (problem["code"], problem["errors"][0]["pointer"]) == ("bad_tag_prefix", pointer)


async def test_unknown_missing_and_wrong_fields_are_refused(quick_office: Threader) -> None:
    settings = await quick_office.get("/v1/case-settings")
    missing = {name: value for name, value in settings.items() if name != "reopen_days"}
    for body in (
        {**settings, "x": 1},
        missing,
        {**settings, "reopen_days": 0},
        {**settings, "tag_from_strangers": "maybe"},
    ):
        await quick_office.call("PUT", "/v1/case-settings", body, status=422)


async def test_stale_change_is_refused(quick_office: Threader) -> None:
    answer = await quick_office.client.get("/v1/case-settings")
    settings, etag = answer.json(), answer.headers["etag"]
    await quick_office.call("PUT", "/v1/case-settings", {**settings, "reopen_days": 7}, headers={"if-match": etag})
    await quick_office.call("PUT", "/v1/case-settings", settings, status=412, headers={"if-match": etag})


async def test_prefix_never_used_is_not_kept(threader: Threader) -> None:
    changed = await change_settings(threader, tag_prefix="Nowa")
    assert changed["recognised_prefixes"] == []
    again = await change_settings(threader, tag_prefix="nowa", recognised_prefixes=["NOWA", "Stary", "stary"])
    assert (again["tag_prefix"], again["recognised_prefixes"]) == ("nowa", ["Stary"])
