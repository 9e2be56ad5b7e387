"""The schema is what the models say, and raw mail lies where the settings want it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ladder import StartIngest
from sample_mails import a_mail
from scripted_s3 import scripted_s3
from sqlalchemy import Connection, text

from kit.database import Database
from kit.settings import BadSettings
from mail_ingest.models import metadata
from mail_ingest.raw_store.opening import open_raw_store

pytestmark = pytest.mark.storage


async def test_the_migrations_make_what_the_models_say(open_database: Callable[[str], Awaitable[Database]]) -> None:
    database = await open_database("mail_ingest")

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_raw_mail_in_an_object_store(start_ingest: StartIngest, tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    folder.mkdir()
    raw = a_mail(html="<b>x</b>")
    async with start_ingest() as ingest:
        account = await ingest.add_account()
        older = await ingest.push(account, a_mail(subject="W bazie"))
    async with start_ingest(raw_store=f"file://{folder}") as ingest:
        pushed = await ingest.push(account, raw)
        digest = pushed["sha256"]
        assert [path.name for path in (folder / digest[:2]).iterdir()] == [f"{digest}.zst"]
        async with ingest.database.reading() as session:
            query = text("SELECT place, content FROM raw_mail WHERE sha256 = :digest")
            assert (await session.execute(query, {"digest": digest})).one() == ("objects", None)
        assert (await ingest.client.get(f"/v1/messages/{pushed['id']}/raw")).content == raw
        assert (await ingest.client.get(f"/v1/messages/{older['id']}/raw")).status_code == 200
        assert "<b>x</b>" in (await ingest.client.get(f"/v1/messages/{pushed['id']}/html")).text


async def test_raw_mail_in_s3(start_ingest: StartIngest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is asked before the ledger: while it is ill nothing is taken in, and nothing is lost when it is well again."""
    raw = a_mail(subject="W kuble")
    with scripted_s3() as s3:
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        async with start_ingest(raw_store="s3://poczta/goniec") as ingest:
            account = await ingest.add_account()
            s3.ill = True
            refused = await ingest.client.post(f"/v1/mail-accounts/{account}/messages", content=raw)
            assert (refused.status_code, refused.json()["code"]) == (503, "raw_store_unavailable")
            assert (await ingest.get("/v1/messages"))["items"] == []
            s3.ill = False
            pushed = await ingest.push(account, raw)
            digest = pushed["sha256"]
            assert list(s3.objects) == [f"/poczta/goniec/{digest[:2]}/{digest}.zst"]
            assert (await ingest.client.get(f"/v1/messages/{pushed['id']}/raw")).content == raw


async def test_bytes_are_kept_once_however_often_they_come(start_ingest: StartIngest) -> None:
    async with start_ingest() as ingest:
        accounts = [await ingest.add_account(f"m{number}@firma.example") for number in range(3)]
        for account in accounts:
            await ingest.push(account, a_mail(message_id="<1@x.example>"))
        async with ingest.database.reading() as session:
            assert (await session.execute(text("SELECT count(*) FROM raw_mail"))).scalar_one() == 1
            assert (await session.execute(text("SELECT count(*) FROM message"))).scalar_one() == 3


@pytest.mark.parametrize("address", ["somewhere", "foo://bucket"])
def test_a_store_that_is_none(address: str) -> None:
    with pytest.raises(BadSettings):
        open_raw_store(address, None)
