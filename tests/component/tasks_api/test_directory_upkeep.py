"""The directory kept in order: lists taken in, duplicates merged, people erased; and what listeners hear of it."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from tasks_office import Office, a_mail_with, an_event

from contracts.calendar import Attendee, Organizer
from contracts.directory import AccountChanged, CardErased, ContactChanged, EmployeeChanged
from contracts.tasks import TaskUpdated
from tasks_api.erasing import NAMELESS

pytestmark = pytest.mark.storage

CSV = """NIP;Nazwa;E-mail;Telefon;Imię;Nazwisko;E-mail osoby;GSM osoby;Kod
525-000-12-33;Młyn „Żarna”;biuro@mlyn.example;22 123 45 67 wew. 12;Łucja;Świętosławska;lucja@mlyn.example;601 234 567;A1
;Piekarnia;biuro@piekarnia.example, sklep@piekarnia.example;;;;;;A2
5250001234;Zły NIP;;;;;;;A3
;Zły adres;to-nie-adres;;;;;;A4
;;;;;;;;
"""


async def take_in(office: Office, content: bytes, *, expect: int = 200, **wanted: Any) -> Any:
    answer = await office.client.post(
        "/v1/directory/import", content=content, params=wanted, headers={"content-type": "application/octet-stream"}
    )
    assert answer.status_code == expect, answer.text
    return answer.json()


async def names(office: Office, path: str) -> list[str]:
    return [one["name"] for one in (await office.get(path, limit=200))["items"]]


async def test_a_polish_list_is_taken_in_line_by_line(office: Office) -> None:
    content = CSV.encode("cp1250")
    dry = await take_in(office, content, dry_run=True)
    assert await names(office, "/v1/accounts") == []
    done = await take_in(office, content)
    assert {**dry, "dry_run": False} == done
    assert (done["lines"], done["accounts"]["created"], done["contacts"]["created"]) == (4, 2, 1)
    assert done["unknown_columns"] == ["Kod"]
    assert [(one["line"], one["column"]) for one in done["problems"]] == [(4, "tax_id"), (5, "email")]
    mill, bakery = (await office.get("/v1/accounts"))["items"]
    assert (mill["name"], mill["tax_id"], mill["phone"]) == ("Młyn „Żarna”", "5250001233", "+48221234567;ext=12")
    assert bakery["emails"] == ["biuro@piekarnia.example", "sklep@piekarnia.example"]
    (lucja,) = (await office.get("/v1/contacts"))["items"]
    assert (lucja["name"], lucja["mobile"], lucja["account_id"]) == ("Łucja Świętosławska", "+48601234567", mill["id"])

    again = await take_in(office, content)
    assert (again["accounts"], again["contacts"]["skipped"]) == ({"created": 0, "updated": 0, "skipped": 2}, 1)
    changed = "nip;firma;telefon\nPL5250001233;Młyn Nowy;221112233\n".encode()
    assert (await take_in(office, changed, on_duplicate="update"))["accounts"]["updated"] == 1
    mill = await office.get(f"/v1/accounts/{mill['id']}")
    assert (mill["name"], mill["phone"], mill["emails"]) == ("Młyn Nowy", "+48221112233", ["biuro@mlyn.example"])


async def test_sheets_and_cards_are_taken_in_too(laptop: Office) -> None:
    sheet = io.BytesIO()
    book = xlsxwriter.Workbook(sheet, {"in_memory": True})
    for row, cells in enumerate([("Kontrahent", "Gdzie dzwonić"), ("Tartak", 601234567)]):
        book.worksheets() or book.add_worksheet()
        for column, cell in enumerate(cells):
            book.worksheets()[0].write(row, column, cell)
    book.close()
    taken = await take_in(laptop, sheet.getvalue(), column="Gdzie dzwonić=mobile")
    assert (taken["accounts"]["created"], taken["problems"]) == (1, [])
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ewa Łoś\r\nORG:Cegielnia;Sprzedaż\r\nEMAIL:ewa@cegielnia.example\r\n"
        "TEL;TYPE=CELL:+48 602 345 678\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nFN:Huta\r\nEMAIL:huta@huta.example\r\nEND:VCARD\r\n"
    )
    taken = await take_in(laptop, card.encode())
    assert (taken["accounts"]["created"], taken["contacts"]["created"]) == (2, 1)
    accounts = {one["name"]: one for one in (await laptop.get("/v1/accounts"))["items"]}
    assert accounts["Tartak"]["mobile"] == "+48601234567"
    assert accounts["Huta"]["emails"] == ["huta@huta.example"]
    (ewa,) = (await laptop.get("/v1/contacts"))["items"]
    assert (ewa["name"], ewa["mobile"], ewa["account_id"]) == ("Ewa Łoś", "+48602345678", accounts["Cegielnia"]["id"])


async def test_what_is_no_list_is_refused(laptop: Office) -> None:
    for content in (b"", b"PK\x03\x04 no workbook", b"a;b\n1;2\n", b"\x00\x01\x02"):
        assert (await take_in(laptop, content, expect=422))["code"] == "unreadable_list", content
    assert (await take_in(laptop, b"firma\nx\n", expect=422, column="firma=smell"))["code"] == "unknown_column"


async def test_a_nip_is_checked_and_found(office: Office) -> None:
    refused = await office.post("/v1/accounts", {"name": "x", "tax_id": "525-000-12-34"}, expect=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("bad_tax_id", "#/tax_id")
    await office.post("/v1/accounts", {"name": "Młyn", "tax_id": "PL 525-000-12-33"}, expect=201)
    await office.post("/v1/accounts", {"name": "Mühle", "tax_id": "DE 123456789"}, expect=201)
    for written in ("5250001233", "PL5250001233", "525-000-12-33"):
        assert [one["name"] for one in (await office.get("/v1/accounts", tax_id=written))["items"]] == ["Młyn"]


async def test_duplicates_are_found_and_merged_with_everything(office: Office) -> None:
    first = await office.account("Młyn", "biuro@mlyn.example", phone="221234567")
    second = await office.account(
        "MŁYN", "stary@mlyn.example", "biuro@mlyn.example", phone="229999999", sms_phone="601234567"
    )
    anna = await office.contact(first, "Anna", is_default=True)
    ewa = await office.contact(second, "Ewa", is_default=True)
    task = await office.task("u starego", account_id=second, contact_ids=[ewa])
    found = (await office.get("/v1/directory/duplicates"))["items"]
    assert {(one["why"], one["shared"]) for one in found} == {("name", "mlyn"), ("email", "biuro@mlyn.example")}

    kept = await office.post(f"/v1/accounts/{second}/merge", {"into": first})
    assert (kept["id"], kept["phone"], kept["sms_phone"]) == (first, "+48221234567", "+48601234567")
    assert kept["emails"] == ["biuro@mlyn.example", "stary@mlyn.example"]
    assert kept["default_contact_id"] == anna
    assert (await office.get(f"/v1/contacts/{ewa}"))["account_id"] == first
    assert (await office.get(f"/v1/tasks/{task['id']}"))["account_id"] == first
    assert (await office.client.get(f"/v1/accounts/{second}")).status_code == 404
    told = {str(one.account_id): one for one in await office.announced(AccountChanged)}
    assert (told[second].deleted, str(told[second].merged_into)) == (True, first)
    assert told[first].emails == kept["emails"]
    moved = {str(one.contact_id): one for one in await office.announced(ContactChanged)}
    assert (str(moved[ewa].account_id), moved[ewa].is_default) == (first, False)
    assert str((await office.announced(TaskUpdated))[-1].task.account_id) == first
    assert (await office.get("/v1/directory/match", email="stary@mlyn.example"))["account_id"] == first
    assert (await office.post(f"/v1/accounts/{first}/merge", {"into": first}, expect=422))[
        "code"
    ] == "merged_into_itself"

    ewa_too = await office.contact(first, "Ewa P.", "ewa@mlyn.example", is_default=True)
    merged = await office.post(f"/v1/contacts/{ewa_too}/merge", {"into": ewa})
    assert (merged["emails"], merged["is_default"]) == (["ewa@mlyn.example"], True)
    assert (await office.get(f"/v1/accounts/{first}"))["default_contact_id"] == ewa
    gone = {str(one.contact_id): one for one in await office.announced(ContactChanged)}[ewa_too]
    assert (gone.deleted, str(gone.merged_into)) == (True, ewa)
    stranger = await office.contact(await office.account("Inna"), "Ola")
    assert (await office.post(f"/v1/contacts/{stranger}/merge", {"into": ewa}, expect=422))["code"] == (
        "contacts_of_different_accounts"
    )


async def test_an_erased_person_is_nowhere_any_more(office: Office) -> None:
    """reliability D13: not in tasks, their history, invitations, or what listeners keep."""
    firm = await office.account("Młyn", "biuro@mlyn.example")
    email, name = "kanarek@mlyn.example", "Karolina Kanarek"
    person = await office.contact(firm, name, email, mobile="601234567", is_default=True)
    await office.hear(
        a_mail_with(
            "REQUEST",
            an_event("z-kanarkiem@mlyn.example", organizer=Organizer(email=email, name=name), attendees=[Attendee(email=email, name=name)]),
        )
    )  # fmt: skip
    task = await office.task("rozmowa", account_id=firm, contact_ids=[person])
    await office.patch(f"/v1/tasks/{task['id']}", {"contact_ids": []})
    await office.patch(f"/v1/tasks/{task['id']}", {"contact_ids": [person]})
    assert (await office.post(f"/v1/contacts/{person}/erasure", {"confirm": False}, expect=422))["code"] == (
        "erasure_unconfirmed"
    )
    assert (await office.post(f"/v1/contacts/{person}/erasure", {"confirm": True}))["erased"]
    assert not (await office.post(f"/v1/contacts/{person}/erasure", {"confirm": True}))["erased"]

    assert (await office.client.get(f"/v1/contacts/{person}")).status_code == 404
    assert (await office.get(f"/v1/tasks/{task['id']}"))["contact_ids"] == []
    (invited,) = await office.tasks(uid="z-kanarkiem@mlyn.example")
    assert (invited["organizer"], invited["attendees"]) == (None, [])
    (record,) = (await office.get("/v1/invitations"))["items"]
    for act in ("tasks", "confirmation"):
        refused = await office.post(f"/v1/invitations/{record['id']}/{act}", {}, expect=409)
        assert refused["code"] in {"invitation_erased", "invitation_already_used", "nothing_to_decide"}
    forced = await office.post(f"/v1/invitations/{record['id']}/tasks", {"on_duplicate": "create"}, expect=409)
    assert forced["code"] == "invitation_erased"
    everything = await _dump(office)
    assert email not in everything
    assert name not in everything
    last = (await office.announced(ContactChanged))[-1]
    assert (last.name, last.emails, last.mobile, last.deleted) == (NAMELESS, [], None, True)
    (erased,) = await office.announced(CardErased)
    assert (erased.kind, str(erased.card_id)) == ("contact", person)
    assert await office.post(f"/v1/employees/{await office.employee('Jan')}/erasure", {"confirm": True})
    assert (await office.announced(EmployeeChanged))[-1].name == NAMELESS


async def test_an_erasure_is_repeated_after_a_backup_was_restored(office: Office) -> None:
    """The broker tells again what came after the backup, our own erasure included (docs/decisions/0007)."""
    firm = await office.account("Młyn")
    person = await office.contact(firm, "Karolina", "kanarek@mlyn.example")  # as the backup has her
    told = CardErased(kind="contact", card_id=person)
    await office.hear(told)
    assert (await office.client.get(f"/v1/contacts/{person}")).status_code == 404
    assert "kanarek@mlyn.example" not in await _dump(office)
    before = len(await office.announced(ContactChanged))
    await office.hear(told)
    assert len(await office.announced(ContactChanged)) == before


async def _dump(office: Office) -> str:
    """All that tasks-api keeps, but what it said to listeners: the outbox is emptied after a week, the stream as well."""
    from sqlalchemy import text

    from tasks_api.models import metadata

    found = []
    async with office.database.reading() as session:
        for table in metadata.tables:
            if table not in {"outbox", "inbox", "dead_letter", "idempotency_key"}:
                rows = await session.execute(text(f'SELECT * FROM "{table}"'))
                found.append(f"{table}: {[tuple(row) for row in rows]}")
    return "\n".join(found)
