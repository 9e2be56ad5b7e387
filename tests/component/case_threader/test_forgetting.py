"""People who are erased or merged in the directory are so in cases too (reliability D13)."""

from __future__ import annotations

import pytest
from case_office import EWA, Threader
from sqlalchemy import text

from contracts.directory import CardErased, ContactChanged
from kit.ids import new_id

pytestmark = pytest.mark.storage


async def test_an_erased_person_takes_part_in_no_case_and_is_not_found(office: Threader) -> None:
    number = (await office.file(sender=EWA, subject="Kanarek w klatce"))["case_number"]
    assert len((await office.get("/v1/cases", q="ewa"))["items"]) == 1
    emptied = ContactChanged(
        contact_id=office.ewa, account_id=office.kowalski, version=2, name="—", active=False, deleted=True
    )
    await office.hear(CardErased(kind="contact", card_id=office.ewa), emptied)
    case = await office.case(number)
    assert case["contact_id"] is None
    assert (await office.get("/v1/cases", q="ewa"))["items"] == []
    async with office.database.reading() as session:
        for table in ("participant", "message", "contact", "known_address"):
            rows = [tuple(row) for row in await session.execute(text(f"SELECT * FROM {table}"))]
            assert EWA not in str(rows), table


async def test_cases_follow_a_merged_person(office: Threader) -> None:
    number = (await office.file(sender=EWA))["case_number"]
    kept = new_id()
    await office.hear(
        ContactChanged(contact_id=kept, account_id=office.kowalski, name="Ewa K.", emails=[EWA]),
        ContactChanged(
            contact_id=office.ewa, account_id=office.kowalski, version=2, name="Ewa", deleted=True, merged_into=kept
        ),
    )
    assert (await office.case(number))["contact_id"] == str(kept)
