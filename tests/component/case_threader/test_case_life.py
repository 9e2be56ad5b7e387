"""Merge, split, move, delete, and taking each of them back (features C36, C37, C47; osTicket #5325)."""

from uuid import uuid4

from case_office import EWA, JAN, NOWAK, OBCY, Threader

from contracts.cases import CaseMerged, CaseOpened


async def test_merged_number_leads_to_the_case_it_lives_in(office: Threader) -> None:
    first = (await office.file(subject="Pierwsza", cc=[OBCY], message_id="a@kowalski.example"))["case_number"]
    reply = await office.reply(first)
    second, third = [(await office.file(subject=each))["case_number"] for each in ("Druga", "Trzecia")]
    merged = await office.call("POST", f"/v1/cases/{first}/merge", {"into": second})
    assert (merged["number"], merged["title"], len(merged["messages"])) == (second, "Druga", 3)
    by_tag = await office.file(sender=OBCY, subject=f"Re: [Acme#{first}]")
    assert by_tag["case_number"] == second
    await office.call("POST", f"/v1/cases/{second}/merge", {"into": third})
    by_old_tag = await office.file(subject=f"Re: [Acme#{first}]")
    by_reference = await office.file(in_reply_to=[reply["rfc_message_id"]])
    assert {by_old_tag["case_number"], by_reference["case_number"]} == {third}
    alias = await office.case(first)
    assert (alias["merged_into"], alias["messages"]) == (third, [])
    assert len(await office.messages(third)) == 7
    listed = (await office.get("/v1/cases"))["items"]
    assert [each["number"] for each in listed] == [third]
    told = await office.announced(CaseMerged)
    assert [(each.merged_number, each.number) for each in told] == [(first, second), (second, third)]


async def test_messages_of_merged_cases_stand_in_order_of_receipt(quick_office: Threader) -> None:
    first, second = [(await quick_office.file())["case_number"] for _ in range(2)]
    ids = [(await quick_office.file(subject=f"[Acme#{number}]"))["message_id"] for number in (first, second, first)]
    await quick_office.call("POST", f"/v1/cases/{first}/merge", {"into": second})
    assert (await quick_office.messages(second))[2:] == ids


async def test_merge_is_taken_back(office: Threader) -> None:
    first = (await office.file(cc=[OBCY]))["case_number"]
    second = (await office.file(sender=NOWAK))["case_number"]
    await office.reply(second, to=NOWAK)
    await office.call("POST", f"/v1/cases/{first}/events", {"kind": "note", "text": "rabat"})
    await office.call("POST", f"/v1/cases/{first}/merge", {"into": second})
    meanwhile = (await office.file(subject=f"[Acme#{first}]"))["message_id"]
    undone = await office.call("POST", f"/v1/cases/{second}/undo")
    assert (undone["number"], [message["message_id"] for message in undone["messages"]][-1]) == (second, meanwhile)
    back = await office.case(first)
    assert (back["merged_into"], len(back["messages"])) == (None, 1)
    assert {each["email"] for each in undone["participants"]} == {NOWAK}
    assert "rabat" in str(await office.get(f"/v1/cases/{first}/timeline"))


async def test_a_case_is_not_merged_with_itself(quick_office: Threader) -> None:
    first, second = [(await quick_office.file())["case_number"] for _ in range(2)]
    await quick_office.call("POST", f"/v1/cases/{first}/merge", {"into": first}, status=409)
    await quick_office.call("POST", f"/v1/cases/{first}/merge", {"into": second})
    problem = await quick_office.call("POST", f"/v1/cases/{second}/merge", {"into": first}, status=409)
    assert problem["code"] == "cannot_merge"
    await quick_office.call("POST", f"/v1/cases/{first}/merge", {"into": 999}, status=404)


async def test_split_takes_its_answers_along(office: Threader) -> None:
    number = (await office.file())["case_number"]
    moved = await office.file(subject=f"Re: Drukarka [Acme#{number}]", message_id="sp1@kowalski.example")
    fresh = await office.call("POST", f"/v1/cases/{number}/split", {"message_ids": [moved["message_id"]]}, status=201)
    assert (fresh["number"], fresh["title"], fresh["account_id"]) == (number + 1, "Drukarka", str(office.kowalski))
    assert [message["message_id"] for message in fresh["messages"]] == [moved["message_id"]]
    assert (await office.file(in_reply_to=["sp1@kowalski.example"]))["case_number"] == number + 1
    assert len(await office.messages(number)) == 1
    filing = await office.filing(moved["message_id"])
    assert (filing["case_number"], filing["rule"], filing["reason"]) == (number + 1, "by_hand", "split")
    assert (await office.announced(CaseOpened))[-1].number == number + 1


async def test_split_settles_both_statuses_and_is_taken_back(office: Threader) -> None:
    first = await office.file()
    number = first["case_number"]
    reply = await office.reply(number)
    fresh = await office.call("POST", f"/v1/cases/{number}/split", {"message_ids": [reply["id"]]}, status=201)
    assert (fresh["status"], await office.status(number)) == ("closed", "open")
    await office.call("POST", f"/v1/cases/{number}/undo")
    assert (await office.messages(number), await office.status(number)) == (
        [first["message_id"], reply["id"]],
        "closed",
    )
    await office.get(f"/v1/cases/{fresh['number']}", status=404)


async def test_only_messages_of_the_case_can_be_split_off(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    other = (await quick_office.file())["message_id"]
    for ids in ([other], [str(uuid4())]):
        problem = await quick_office.call("POST", f"/v1/cases/{number}/split", {"message_ids": ids}, status=422)
        assert problem["code"] == "not_in_this_case"


async def test_message_is_moved_and_brought_back(office: Threader) -> None:
    first = await office.file()
    await office.reply(first["case_number"])
    second = await office.file(sender=NOWAK)
    path = f"/v1/filings/{second['message_id']}"
    moved = await office.call("PUT", path, {"case_number": first["case_number"]})
    assert (moved["case_number"], moved["rule"], moved["decided_by"]) == (first["case_number"], "by_hand", "tester")
    assert await office.status(first["case_number"]) == "open"
    assert await office.messages(second["case_number"]) == []
    back = await office.call("POST", f"{path}/undo")
    assert (back["case_number"], back["rule"]) == (second["case_number"], "known_sender")
    assert await office.status(first["case_number"]) == "closed"
    problem = await office.call("POST", f"{path}/undo", status=404)
    assert problem["code"] == "change_not_found"


async def test_moving_to_where_it_is_already_is_refused(quick_office: Threader) -> None:
    filed = await quick_office.file()
    path = f"/v1/filings/{filed['message_id']}"
    await quick_office.call("PUT", path, {"case_number": filed["case_number"]}, status=409)
    await quick_office.call("PUT", path, {"case_number": 999}, status=404)
    await quick_office.call("PUT", f"/v1/filings/{uuid4()}", {"case_number": filed["case_number"]}, status=404)


async def test_deleted_case_is_followed_by_nothing_and_can_come_back(office: Threader) -> None:
    filed = await office.file(message_id="a@kowalski.example")
    number = filed["case_number"]
    await office.call("DELETE", f"/v1/cases/{number}", status=204)
    problem = await office.get(f"/v1/cases/{number}", status=404)
    assert problem["code"] == "case_not_found"
    assert (await office.filing(filed["message_id"]))["case_number"] is None
    assert (await office.get("/v1/cases"))["items"] == []
    later = await office.file(subject=f"Re: Zapytanie [Acme#{number}]")
    assert (later["outcome"], later["case_number"]) == ("new", number + 1)
    back = await office.call("POST", f"/v1/cases/{number}/undo")
    assert (back["number"], back["status"], len(back["messages"])) == (number, "open", 1)
    assert (await office.file(subject=f"[Acme#{number}]"))["case_number"] == number


async def test_edits_and_statuses_are_taken_back_one_by_one(office: Threader) -> None:
    number = (await office.file())["case_number"]
    owner = str(await office.know_employee("ola@acme.example"))
    await office.call(
        "PATCH", f"/v1/cases/{number}", {"owner_id": owner, "title": "Oferta", "account_id": str(office.nowak)}
    )
    await office.call("PATCH", f"/v1/cases/{number}", {"status": "closed"})
    assert (await office.call("POST", f"/v1/cases/{number}/undo"))["status"] == "open"
    before = await office.call("POST", f"/v1/cases/{number}/undo")
    assert (before["owner_id"], before["title"], before["account_id"]) == (None, "Zapytanie", str(office.kowalski))
    await office.call("POST", f"/v1/cases/{number}/undo", status=404)


async def test_unknown_account_is_not_given_to_a_case(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    problem = await quick_office.call("PATCH", f"/v1/cases/{number}", {"account_id": str(uuid4())}, status=422)
    assert problem["code"] == "account_unknown"


async def test_contact_and_owner_must_be_there_and_fit(quick_office: Threader) -> None:
    number = (await quick_office.file(sender=EWA))["case_number"]
    path = f"/v1/cases/{number}"
    assert (await quick_office.case(number))["contact_id"] == str(quick_office.ewa)
    for wrong, code in (
        ({"owner_id": str(uuid4())}, "owner_unknown"),
        ({"contact_id": str(uuid4())}, "contact_unknown"),
        ({"account_id": str(quick_office.nowak), "contact_id": str(quick_office.ewa)}, "contact_unknown"),
    ):
        assert (await quick_office.call("PATCH", path, wrong, status=422))["code"] == code
    moved = await quick_office.call("PATCH", path, {"account_id": str(quick_office.nowak)})
    assert moved["contact_id"] is None  # Ewa is no contact of Nowak
    back = await quick_office.call("POST", f"{path}/undo")
    assert (back["account_id"], back["contact_id"]) == (str(quick_office.kowalski), str(quick_office.ewa))
    body = {"account_id": str(quick_office.nowak), "contact_id": str(quick_office.ewa)}
    assert (await quick_office.call("POST", "/v1/cases", body, status=422))["code"] == "contact_unknown"


async def test_versions_guard_against_overwriting(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    path = f"/v1/cases/{number}"
    etag = (await quick_office.client.get(path)).headers["etag"]
    assert (await quick_office.client.get(path, headers={"if-none-match": etag})).status_code == 304
    await quick_office.call("PATCH", path, {"title": "Nowy"}, headers={"if-match": etag})
    await quick_office.call("PATCH", path, {"title": "Inny"}, status=412, headers={"if-match": etag})
    await quick_office.call("DELETE", path, status=412, headers={"if-match": etag})


async def test_participants_are_added_confirmed_and_removed(office: Threader) -> None:
    number = (await office.file())["case_number"]
    joined = await office.call(
        "POST", f"/v1/cases/{number}/participants", {"email": "Obcy@daleko.example", "name": "Obcy"}
    )
    assert {each["email"] for each in joined["participants"]} == {JAN, OBCY}
    assert (await office.file(sender=OBCY, subject=f"[Acme#{number}]"))["outcome"] == "append"
    await office.call("DELETE", f"/v1/cases/{number}/participants/{OBCY}", status=204)
    assert (await office.file(sender=OBCY, subject=f"[Acme#{number}]"))["outcome"] == "unassigned"
    await office.call("DELETE", f"/v1/cases/{number}/participants/{EWA}", status=404)
    await office.call("POST", f"/v1/cases/{number}/participants", {"email": "biuro@acme.example"}, status=422)
