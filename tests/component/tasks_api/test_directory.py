"""The directory: cards, addresses, whose an address is, and what listeners hear of it."""

from __future__ import annotations

from uuid import uuid4

from tasks_office import Office

from contracts.directory import AccountChanged, ContactChanged, EmployeeChanged


async def test_an_account_is_kept_canonical_and_announced(office: Office) -> None:
    made = await office.post(
        "/v1/accounts",
        {"name": "  Młyn  Sp. z o.o. ", "emails": ["BIURO@Mlyn.Example", "biuro@mlyn.example"], "phone": "22 123 45 67 wew. 12",
         "mobile": "601234567", "tax_id": "PL 525-000-12-33"},
        expect=201,
    )  # fmt: skip
    assert made["name"] == "Młyn Sp. z o.o."
    assert made["emails"] == ["biuro@mlyn.example"]
    assert made["phone"] == "+48221234567;ext=12"
    assert made["mobile"] == "+48601234567"
    assert made["tax_id"] == "PL5250001233"
    (told,) = await office.announced(AccountChanged)
    assert (str(told.account_id), told.emails, told.version) == (made["id"], ["biuro@mlyn.example"], 1)
    assert await office.get(f"/v1/accounts/{made['id']}") == made


async def test_odd_numbers_are_kept_as_written_and_nonsense_is_refused(office: Office) -> None:
    made = await office.post("/v1/accounts", {"name": "Firma", "phone": "centrala 112"})
    assert made["phone"] == "centrala 112"
    refused = await office.post("/v1/accounts", {"name": "Firma", "phone": "brak"}, expect=422)
    assert refused["errors"][0]["pointer"] == "#/phone"


async def test_a_change_needs_the_version_it_was_made_for(office: Office) -> None:
    account_id = await office.account("Młyn")
    path = f"/v1/accounts/{account_id}"
    changed = await office.patch(path, {"name": "Nowy Młyn"}, headers={"if-match": '"1"'})
    assert (changed["name"], changed["version"]) == ("Nowy Młyn", 2)
    await office.patch(path, {"name": "Stary Młyn"}, expect=412, headers={"if-match": '"1"'})
    answer = await office.client.get(path, headers={"if-none-match": '"2"'})
    assert answer.status_code == 304


async def test_fields_left_out_stay_and_null_empties_what_may_be_empty(office: Office) -> None:
    account_id = await office.account("Młyn", "a@mlyn.example", phone="601234567")
    changed = await office.patch(f"/v1/accounts/{account_id}", {"phone": None})
    assert changed["phone"] is None
    assert changed["emails"] == ["a@mlyn.example"]
    await office.patch(f"/v1/accounts/{account_id}", {"name": None}, expect=422)


async def test_unknown_fields_are_refused(office: Office) -> None:
    refused = await office.post("/v1/accounts", {"name": "Firma", "is_admin": True}, expect=422)
    assert refused["errors"][0]["pointer"] == "#/is_admin"


async def test_one_contact_of_an_account_is_its_default(office: Office) -> None:
    account_id = await office.account("Młyn")
    anna = await office.contact(account_id, "Anna", is_default=True)
    ewa = await office.contact(account_id, "Ewa", is_default=True)
    contacts = {
        one["id"]: one["is_default"] for one in (await office.get("/v1/contacts", account_id=account_id))["items"]
    }
    assert contacts == {anna: False, ewa: True}
    assert (await office.get(f"/v1/accounts/{account_id}"))["default_contact_id"] == ewa
    assert str((await office.announced(AccountChanged))[-1].default_contact_id) == ewa
    assert [told.is_default for told in await office.announced(ContactChanged)] == [True, False, True]


async def test_a_contact_needs_an_account_that_is_there(office: Office) -> None:
    refused = await office.post("/v1/contacts", {"account_id": str(uuid4()), "name": "Nikt"}, expect=422)
    assert refused["code"] == "account_unknown"


async def test_whose_address_it_is(office: Office) -> None:
    mill = await office.account("Młyn", "biuro@mlyn.example", "wspolny@ksiegowa.example")
    anna = await office.contact(mill, "Anna", "anna@mlyn.example")
    bakery = await office.account("Piekarnia", "wspolny@ksiegowa.example")
    jan = await office.employee("Jan", "jan@nasza.example")

    async def match(email: str) -> tuple[str, str | None, str | None, str | None]:
        found = await office.get("/v1/directory/match", email=email)
        return found["match"], found["account_id"], found["contact_id"], found["employee_id"]

    assert await match("BIURO@mlyn.example") == ("account", mill, None, None)
    assert await match("mailto:anna@mlyn.example") == ("contact", mill, anna, None)
    assert await match("jan@nasza.example") == ("employee", None, None, jan)
    assert await match("obcy@example.com") == ("none", None, None, None)
    assert await match("wspolny@ksiegowa.example") == ("ambiguous", None, None, None)
    candidates = (await office.get("/v1/directory/match", email="wspolny@ksiegowa.example"))["candidates"]
    assert {one["id"] for one in candidates} == {mill, bakery}
    await office.patch(f"/v1/accounts/{bakery}", {"active": False})
    assert await match("wspolny@ksiegowa.example") == ("account", mill, None, None)


async def test_an_address_is_learned_once(office: Office) -> None:
    account_id = await office.account("Młyn", "biuro@mlyn.example")
    contact_id = await office.contact(account_id, "Anna")
    learned = await office.post(f"/v1/accounts/{account_id}/emails", {"email": "Prezes@gmail.example"}, expect=201)
    assert learned["id"] == account_id
    assert learned["emails"] == ["biuro@mlyn.example", "prezes@gmail.example"]
    await office.post(f"/v1/accounts/{account_id}/emails", {"email": "prezes@gmail.example"}, expect=200)
    await office.post(f"/v1/contacts/{contact_id}/emails", {"email": "anna@gmail.example"}, expect=201)
    assert [told.emails for told in await office.announced(ContactChanged)][-1] == ["anna@gmail.example"]
    assert (await office.announced(AccountChanged))[-1].emails == ["biuro@mlyn.example", "prezes@gmail.example"]


async def test_a_deleted_account_takes_its_people_with_it_and_frees_addresses(office: Office) -> None:
    account_id = await office.account("Młyn", "biuro@mlyn.example")
    contact_id = await office.contact(account_id, "Anna", "anna@mlyn.example")
    assert (await office.client.delete(f"/v1/accounts/{account_id}")).status_code == 204
    assert (await office.client.get(f"/v1/accounts/{account_id}")).status_code == 404
    assert (await office.client.get(f"/v1/contacts/{contact_id}")).status_code == 404
    assert (await office.get("/v1/directory/match", email="anna@mlyn.example"))["match"] == "none"
    assert (await office.announced(AccountChanged))[-1].deleted
    assert (await office.announced(ContactChanged))[-1].deleted


async def test_an_employee_may_get_a_login_at_once(office: Office) -> None:
    body = {"name": "Jan Nowak", "email": "jan@nasza.example", "phone": "601 234 567",
            "user": {"username": "Jan", "password": "tajne-haslo-jana"}}  # fmt: skip
    made = await office.post("/v1/employees", body, expect=201)
    user = await office.get(f"/v1/users/{made['user_id']}")
    assert (user["username"], user["employee_id"], user["visibility"]) == ("jan", made["id"], "own")
    told = (await office.announced(EmployeeChanged))[-1]
    assert (told.email, told.phone, str(told.user_id)) == ("jan@nasza.example", "+48601234567", made["user_id"])


async def test_lists_come_in_pages_and_search_ignores_accents(office: Office) -> None:
    ids = [await office.account(name) for name in ("Żółw", "Łódź Łódki", "Zolwik")]
    first = await office.get("/v1/accounts", limit=2)
    second = await office.get("/v1/accounts", limit=2, cursor=first["next"])
    assert [one["id"] for one in first["items"] + second["items"]] == ids
    assert second["next"] is None
    assert {one["name"] for one in (await office.get("/v1/accounts", q="zolw"))["items"]} == {"Żółw", "Zolwik"}
    assert {one["name"] for one in (await office.get("/v1/accounts", q="lodki lodz"))["items"]} == {"Łódź Łódki"}
    await office.account("Poczta", "a@poczta.example")
    assert [one["name"] for one in (await office.get("/v1/accounts", email="A@poczta.example"))["items"]] == ["Poczta"]


async def test_the_address_book_has_each_address_once(office: Office) -> None:
    """features R83: firms, the people at them and employees; retired ones only when asked for."""
    mill = await office.account("Zielony Młyn", "biuro@mlyn.example", "wspolny@mlyn.example")
    await office.contact(mill, "Łucja Młynarska", "wspolny@mlyn.example", "lucja@mlyn.example")
    await office.contact(mill, "Emeryt Młynarski", "emeryt@mlyn.example", active=False)
    await office.employee("Jan", "jan@nasza.example")

    async def found(**wanted: object) -> list[tuple[str, str]]:
        return [
            (one["email"], one["kind"]) for one in (await office.get("/v1/directory/recipients", **wanted))["items"]
        ]

    assert await found(q="mlyn") == [
        ("lucja@mlyn.example", "contact"),
        ("wspolny@mlyn.example", "contact"),
        ("biuro@mlyn.example", "account"),
    ]
    assert await found(q="lucja") == [("lucja@mlyn.example", "contact"), ("wspolny@mlyn.example", "contact")]
    assert await found(kind="employee") == [("jan@nasza.example", "employee")]
    assert ("emeryt@mlyn.example", "contact") in await found(account_id=mill, include_inactive=True)
    assert await found(q="100%") == []
