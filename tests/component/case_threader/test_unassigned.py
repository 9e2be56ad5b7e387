"""The wizard (features C4, C19-C23, C38; reference/cases.md: suggestions and learning)."""

from uuid import uuid4

from case_office import BIURO, EWA, JAN, NOWAK, OBCY, Threader

from contracts.addresses import Address
from contracts.cases import CaseMailFiled


async def test_mail_of_a_new_client_opens_a_case_by_hand(office: Threader) -> None:
    waiting = await office.file(sender=OBCY, subject="Re: Dzień dobry")
    account = await office.know_account("Obcy i syn", OBCY)
    assigned = await office.call("POST", f"/v1/unassigned/{waiting['message_id']}", {"account_id": str(account)})
    assert (assigned["outcome"], assigned["rule"], assigned["address_learned"]) == ("new", "by_hand", False)
    case = await office.case(assigned["case_number"])
    assert (case["account_id"], case["title"], case["status"]) == (str(account), "Dzień dobry", "open")
    assert [each["email"] for each in case["participants"]] == [OBCY]
    assert (await office.announced(CaseMailFiled))[-1].message_id == case_message(case)
    assert (await office.get("/v1/unassigned"))["items"] == []


async def test_account_whose_news_is_under_way_is_asked_for_again(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=OBCY)
    body = {"account_id": str(uuid4())}
    problem = await quick_office.call("POST", f"/v1/unassigned/{waiting['message_id']}", body, status=422)
    assert problem["code"] == "account_unknown"
    assert len((await quick_office.get("/v1/unassigned"))["items"]) == 1


async def test_mail_is_appended_and_its_address_learned(office: Threader) -> None:
    number = (await office.file())["case_number"]
    await office.reply(number)
    waiting = await office.file(sender=OBCY)
    body = {"case_number": number, "learn_address": True}
    assigned = await office.call("POST", f"/v1/unassigned/{waiting['message_id']}", body)
    assert (assigned["outcome"], assigned["case_number"], assigned["address_learned"]) == ("append", number, True)
    assert office.siblings.learned == [(f"/v1/accounts/{office.kowalski}/emails", OBCY)]
    assert await office.status(number) == "open"
    assert (await office.file(sender=OBCY, subject=f"[Acme#{number}]"))["outcome"] == "append"


async def test_address_is_learned_on_the_card_of_a_contact(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=OBCY)
    body = {"account_id": str(quick_office.kowalski), "contact_id": str(quick_office.ewa), "learn_address": True}
    assigned = await quick_office.call("POST", f"/v1/unassigned/{waiting['message_id']}", body)
    assert quick_office.siblings.learned == [(f"/v1/contacts/{quick_office.ewa}/emails", OBCY)]
    assert (await quick_office.case(assigned["case_number"]))["contact_id"] == str(quick_office.ewa)


async def test_nothing_is_assigned_when_the_address_cannot_be_learned(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=OBCY)
    path, body = (
        f"/v1/unassigned/{waiting['message_id']}",
        {"account_id": str(quick_office.nowak), "learn_address": True},
    )
    quick_office.siblings.down = True
    await quick_office.call("POST", path, body, status=503)
    quick_office.siblings.down, quick_office.siblings.refuses = False, {"/emails": 409}
    problem = await quick_office.call("POST", path, body, status=422)
    assert problem["code"] == "cannot_learn_address"
    assert len((await quick_office.get("/v1/unassigned"))["items"]) == 1


async def test_our_own_address_is_never_learned(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=BIURO)
    body = {"account_id": str(quick_office.nowak), "learn_address": True}
    await quick_office.call("POST", f"/v1/unassigned/{waiting['message_id']}", body, status=422)
    assert quick_office.siblings.learned == []


async def test_account_is_made_from_the_mail(office: Threader) -> None:
    waiting = await office.file(sender=OBCY)
    body = {"new_account": {"name": "Obcy i syn"}}
    assigned = await office.call("POST", f"/v1/unassigned/{waiting['message_id']}", body)
    [made] = office.siblings.accounts
    assert (made["name"], made["emails"]) == ("Obcy i syn", [OBCY])
    assert (await office.case(assigned["case_number"]))["account_id"] == made["id"]


async def test_earlier_mail_of_the_sender_comes_along_when_asked_for(office: Threader) -> None:
    waiting = [await office.file(sender=OBCY, subject=f"Sprawa {number}") for number in range(3)]
    other = await office.file(sender="inny@daleko.example")
    body = {"account_id": str(office.nowak), "backfill": True}
    assigned = await office.call("POST", f"/v1/unassigned/{waiting[1]['message_id']}", body)
    assert assigned["backfilled"] == 2
    numbers = {(await office.filing(each["message_id"]))["case_number"] for each in waiting}
    assert len(numbers) == 3
    left = (await office.get("/v1/unassigned"))["items"]
    assert [each["message_id"] for each in left] == [other["message_id"]]


async def test_earlier_mail_goes_into_the_same_case_when_one_is_named(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    waiting = [await quick_office.file(sender=OBCY, subject=f"Sprawa {each}") for each in range(3)]
    body = {"case_number": number, "backfill": True}
    assigned = await quick_office.call("POST", f"/v1/unassigned/{waiting[0]['message_id']}", body)
    assert assigned["backfilled"] == 2
    assert {(await quick_office.filing(each["message_id"]))["case_number"] for each in waiting} == {number}


async def test_conversation_that_waits_is_decided_about_once(office: Threader) -> None:
    asked = await office.file(sender=OBCY, message_id="a@daleko.example")
    wife = await office.file(
        sender="zona@daleko.example", message_id="b@daleko.example", in_reply_to=["a@daleko.example"]
    )
    again = await office.file(sender=OBCY, references=["a@daleko.example", "b@daleko.example"])
    other = await office.file(sender=OBCY)
    assigned = await office.call("POST", f"/v1/unassigned/{asked['message_id']}", {"account_id": str(office.nowak)})
    number = assigned["case_number"]
    assert await office.messages(number) == [each["message_id"] for each in (asked, wife, again)]
    assert [each["message_id"] for each in (await office.get("/v1/unassigned"))["items"]] == [other["message_id"]]
    await office.call("POST", f"/v1/filings/{asked['message_id']}/undo")
    await office.get(f"/v1/cases/{number}", status=404)
    assert len((await office.get("/v1/unassigned"))["items"]) == 4


async def test_last_mail_of_a_waiting_conversation_brings_the_first_but_no_spam(quick_office: Threader) -> None:
    first = await quick_office.file(sender=OBCY, message_id="a@daleko.example")
    last = await quick_office.file(sender=OBCY, message_id="b@daleko.example", in_reply_to=["a@daleko.example"])
    body = {"account_id": str(quick_office.nowak)}
    assigned = await quick_office.call("POST", f"/v1/unassigned/{last['message_id']}", body)
    assert (await quick_office.filing(first["message_id"]))["case_number"] == assigned["case_number"]
    await quick_office.call("POST", f"/v1/filings/{last['message_id']}/undo")
    await quick_office.call("POST", f"/v1/unassigned/{first['message_id']}", {"spam": True})
    await quick_office.call("POST", f"/v1/unassigned/{last['message_id']}", body)
    assert (await quick_office.filing(first["message_id"]))["outcome"] == "ignored"


async def test_backfill_keeps_conversations_together(quick_office: Threader) -> None:
    asked = await quick_office.file(sender=OBCY, message_id="a@daleko.example")
    again = await quick_office.file(sender=OBCY, in_reply_to=["a@daleko.example"])
    last = await quick_office.file(sender=OBCY)
    body = {"account_id": str(quick_office.nowak), "backfill": True}
    assigned = await quick_office.call("POST", f"/v1/unassigned/{last['message_id']}", body)
    assert assigned["backfilled"] == 2
    numbers = [(await quick_office.filing(each["message_id"]))["case_number"] for each in (asked, again, last)]
    assert numbers[0] == numbers[1] != numbers[2]


async def test_contact_is_made_from_the_mail(office: Threader) -> None:
    waiting = await office.file(sender=OBCY)
    path = f"/v1/unassigned/{waiting['message_id']}"
    body = {"account_id": str(office.kowalski), "new_contact": {"name": "Olga Obca"}}
    assigned = await office.call("POST", path, body)
    [made] = office.siblings.contacts
    assert (made["name"], made["emails"], made["account_id"]) == ("Olga Obca", [OBCY], str(office.kowalski))
    case = await office.case(assigned["case_number"])
    assert (case["contact_id"], assigned["address_learned"]) == (made["id"], True)
    for wrong in (
        {"new_contact": {"name": "x"}},
        {**body, "contact_id": str(office.ewa)},
        {**body, "learn_address": True},
    ):
        await office.call("POST", path, wrong, status=422)


async def test_verdict_of_spam_is_taken_back(office: Threader) -> None:
    waiting = await office.file(sender=OBCY)
    await office.call("POST", f"/v1/unassigned/{waiting['message_id']}", {"spam": True})
    back = await office.call("POST", f"/v1/filings/{waiting['message_id']}/undo")
    assert (back["outcome"], back["reason"]) == ("unassigned", "unknown_sender")
    await office.call("POST", f"/v1/filings/{waiting['message_id']}/undo", status=404)


async def test_spam_is_asked_about_no_more(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=OBCY)
    path = f"/v1/unassigned/{waiting['message_id']}"
    spam = await quick_office.call("POST", path, {"spam": True})
    assert (spam["outcome"], spam["reason"], spam["decided_by"]) == ("ignored", "spam", "tester")
    assert (await quick_office.get("/v1/unassigned"))["items"] == []
    assert (await quick_office.call("POST", path, {"account_id": str(quick_office.nowak)}))["outcome"] == "new"


async def test_forged_mail_can_still_be_assigned_by_a_person(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    forged = await quick_office.file(sender=BIURO, authentication={"verdict": "failed", "dmarc": "fail"})
    assert forged["outcome"] == "quarantined"
    assigned = await quick_office.call("POST", f"/v1/unassigned/{forged['message_id']}", {"case_number": number})
    assert assigned["case_number"] == number


async def test_what_is_decided_is_not_decided_again(quick_office: Threader) -> None:
    filed = await quick_office.file()
    path = f"/v1/unassigned/{filed['message_id']}"
    problem = await quick_office.call("POST", path, {"account_id": str(quick_office.nowak)}, status=409)
    assert (problem["code"], problem["case_number"]) == ("already_assigned", filed["case_number"])
    await quick_office.call("POST", f"/v1/unassigned/{uuid4()}", {"spam": True}, status=404)


async def test_exactly_one_decision_is_wanted(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=OBCY)
    path = f"/v1/unassigned/{waiting['message_id']}"
    account = str(quick_office.nowak)
    for body in ({}, {"account_id": account, "case_number": 1}, {"spam": True, "backfill": True}, {"unknown": 1}):
        await quick_office.call("POST", path, body, status=422)


async def test_assignment_is_taken_back(office: Threader) -> None:
    waiting = await office.file(sender=OBCY)
    path = f"/v1/unassigned/{waiting['message_id']}"
    assigned = await office.call("POST", path, {"account_id": str(office.nowak)})
    back = await office.call("POST", f"/v1/filings/{waiting['message_id']}/undo")
    assert (back["outcome"], back["case_number"], back["reason"]) == ("unassigned", None, "unknown_sender")
    await office.get(f"/v1/cases/{assigned['case_number']}", status=404)
    assert len((await office.get("/v1/unassigned"))["items"]) == 1


async def test_suggestions_and_why(office: Threader) -> None:
    number = (await office.file(cc=["stary@daleko.example"], subject="Hala"))["case_number"]
    await office.file(sender="nowa@kowalski.example", subject="bez numeru")
    await office.file(sender="stary@daleko.example", subject="nowy temat")
    await office.file(sender=OBCY, subject=f"zgaduję [Acme#{number}]")
    tagged, taking_part, colleague = (await office.get("/v1/unassigned"))["items"]
    assert tagged["suggested_cases"] == [{"number": number, "title": "Hala", "reason": "tag"}]
    assert tagged["suggested_case_number"] == number
    assert taking_part["suggested_cases"] == [{"number": number, "title": "Hala", "reason": "sender_takes_part"}]
    assert (await office.filing(taking_part["message_id"]))["suggested_case_number"] == number
    [account] = colleague["suggested_accounts"]
    assert account == {"account_id": str(office.kowalski), "name": "Kowalski sp. z o.o.", "reason": "same_domain"}
    assert colleague["message"]["sender"]["email"] == "nowa@kowalski.example"


async def test_suggestions_of_what_was_not_sure_enough(office: Threader) -> None:
    """The same conversation and a stranger; the name of a contact; the subject of an open case of that account."""
    talk = (await office.file(subject="Hala", references=["unseen@kowalski.example"], thread_index="ab" * 22))[
        "case_number"
    ]
    named = (await office.file(sender=EWA, subject="Brama wjazdowa"))["case_number"]
    await office.file(sender=OBCY, subject="x", references=["unseen@kowalski.example"])
    await office.file(sender=OBCY, subject="x", thread_index="ab" * 22)
    private = Address(email="ewka@poczta.example", name="EWA Lis")
    await office.file(sender=private, subject="Odp: Brama wjazdowa")
    by_name, by_index, by_ancestor = (await office.get("/v1/unassigned"))["items"]
    assert [(each["number"], each["reason"]) for each in by_ancestor["suggested_cases"]] == [(talk, "answers_the_same")]
    assert [(each["number"], each["reason"]) for each in by_index["suggested_cases"]] == [(talk, "same_conversation")]
    assert [(each["account_id"], each["reason"]) for each in by_name["suggested_accounts"]] == [
        (str(office.kowalski), "same_name")
    ]
    assert [(each["number"], each["reason"]) for each in by_name["suggested_cases"]] == [(named, "same_subject")]


async def test_list_in_pages(office: Threader) -> None:
    ids = [(await office.file(sender=OBCY, subject=str(number)))["message_id"] for number in range(5)]
    seen, cursor = [], None
    while True:
        page = await office.get("/v1/unassigned", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["message_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ids[::-1]


async def test_case_is_opened_for_an_account_with_and_without_a_mail(office: Threader) -> None:
    empty = await office.call("POST", "/v1/cases", {"account_id": str(office.kowalski), "title": "Telefon"}, status=201)
    assert (empty["messages"], empty["status"], empty["title"]) == ([], "open", "Telefon")
    waiting = await office.file(sender=OBCY)
    body = {"account_id": str(office.nowak), "message_id": waiting["message_id"]}
    case = await office.call("POST", "/v1/cases", body, status=201)
    assert [message["message_id"] for message in case["messages"]] == [waiting["message_id"]]
    assert case["account_id"] == str(office.nowak)
    assert {JAN, NOWAK}.isdisjoint(each["email"] for each in case["participants"])


def case_message(case: dict) -> object:
    from uuid import UUID

    return UUID(case["messages"][0]["message_id"])
