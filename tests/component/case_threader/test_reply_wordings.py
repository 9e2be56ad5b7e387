"""Templates, signatures and the account an answer leaves from; the copy in Sent (issue: replying; reliability D8)."""

import email
import email.policy
from datetime import timedelta
from typing import Any

import pytest
from case_office import BIURO, EWA, JAN, SERWIS, Threader, change_settings, mail_account_of

SIGNATURE = f"/v1/signatures/{mail_account_of(BIURO)}"


def text_of(office: Threader) -> str:
    message = email.message_from_bytes(office.sink.mails[-1].content, policy=email.policy.default)
    part = message.get_body(("plain",))  # type: ignore[attr-defined]
    return str(part.get_content()).replace("\r\n", "\n").strip()


async def test_template_and_signature_with_their_fields(office: Threader) -> None:
    template = await office.call(
        "POST",
        "/v1/reply-templates",
        {"name": "Oferta", "text": "W sprawie {{numer_sprawy}}, {{recipient}}."},
        status=201,
    )
    await office.call("PUT", SIGNATURE, {"text": "{{nazwa_skrzynki}}\n{{mailbox_address}}"})
    number = (await office.file())["case_number"]
    await office.reply(number, text="Witam.", template_id=template["id"])
    assert text_of(office) == f"Witam.\n\nW sprawie {number}, {JAN}.\n\n-- \nBiuro Acme\n{BIURO}"
    [_, entry] = (await office.case(number))["messages"]
    assert entry["preview"].startswith(f"Witam. W sprawie {number}")
    await office.reply(number, text="Bez.", with_signature=False)
    assert text_of(office) == "Bez."
    draft = await office.get(f"/v1/cases/{number}/reply-draft", template_id=template["id"])
    assert draft["text"] == f"W sprawie {number}, {JAN}.\n\n-- \nBiuro Acme\n{BIURO}"
    assert draft["from_account_id"] == str(mail_account_of(BIURO))
    await office.call("DELETE", SIGNATURE, status=204)
    await office.get(SIGNATURE, status=404)


async def test_templates_are_kept_changed_and_refused(office: Threader) -> None:
    template = await office.call("POST", "/v1/reply-templates", {"name": "Łódź", "text": "a"}, status=201)
    path = f"/v1/reply-templates/{template['id']}"
    problem = await office.call("POST", "/v1/reply-templates", {"name": "lodz", "text": "b"}, status=409)
    assert problem["code"] == "template_name_taken"
    wrong = await office.call("PATCH", path, {"text": "{{case_numbr}}", "html": "{% x %}"}, status=422)
    assert (wrong["code"], [each["pointer"] for each in wrong["errors"]]) == ("bad_wording", ["#/text", "#/html"])
    changed = await office.call("PATCH", path, {"subject": "Oferta dla {{account}}"}, headers={"if-match": '"1"'})
    assert (changed["version"], changed["text"]) == (2, "a")
    await office.call("PATCH", path, {"text": "b"}, headers={"if-match": '"1"'}, status=412)
    assert [each["name"] for each in (await office.get("/v1/reply-templates"))["items"]] == ["Łódź"]
    assert "case_tag" in [each["name"] for each in (await office.get("/v1/reply-fields"))["items"]]
    await office.call("POST", "/v1/reply-templates", {"name": "empty"}, status=422)
    await office.call("PUT", f"/v1/signatures/{template['id']}", {"text": "x"}, status=422)
    await change_settings(office, acknowledgement_template_id=template["id"])
    assert (await office.call("DELETE", path, status=409))["code"] == "template_in_use"
    await change_settings(office, acknowledgement_template_id=None)
    await office.call("DELETE", path, status=204)
    number = (await office.file())["case_number"]
    body = {"to": [JAN], "template_id": template["id"]}
    assert (await office.call("POST", f"/v1/cases/{number}/replies", body, status=422))["code"] == "template_unknown"
    settings = await office.get("/v1/case-settings")
    wanted = {**settings, "acknowledgement_template_id": template["id"]}
    assert (await office.call("PUT", "/v1/case-settings", wanted, status=422))["code"] == "template_unknown"


async def test_new_topic_takes_the_subject_of_its_template(quick_office: Threader) -> None:
    body: dict[str, Any] = {"name": "Oferta", "subject": "Oferta dla {{account}}", "text": "W załączeniu."}
    template = await quick_office.call("POST", "/v1/reply-templates", body, status=201)
    mail = {"from_account_id": str(mail_account_of(BIURO)), "account_id": str(quick_office.kowalski), "to": [JAN]}
    told = await quick_office.call("POST", "/v1/messages", {**mail, "template_id": template["id"]}, status=202)
    assert told["subject"] == f"Oferta dla Kowalski sp. z o.o. [Acme#{told['case_number']}]"
    assert (await quick_office.case(told["case_number"]))["title"] == "Oferta dla Kowalski sp. z o.o."


async def test_answer_leaves_from_where_the_question_arrived(office: Threader) -> None:
    number = (await office.file(mailbox=SERWIS))["case_number"]
    path, body = f"/v1/cases/{number}/replies", {"to": [JAN], "text": "x"}
    told = await office.call("POST", path, body, status=202)
    assert told["from_account_id"] == str(mail_account_of(SERWIS))
    await office.know_mailbox(SERWIS, can_send=False)  # then from the only one that can
    assert (await office.call("POST", path, body, status=202))["from_account_id"] == str(mail_account_of(BIURO))
    await office.know_mailbox(BIURO, can_send=False)
    assert (await office.call("POST", path, body, status=422))["code"] == "mail_account_not_told"
    assert (await office.get(f"/v1/cases/{number}/reply-draft"))["from_account_id"] is None


async def test_tag_stands_at_the_start_where_that_is_wanted(quick_office: Threader) -> None:
    await change_settings(quick_office, tag_position="start")
    number = (await quick_office.file(subject="Hala"))["case_number"]
    assert (await quick_office.reply(number))["subject"] == f"[Acme#{number}] RE: Hala"


async def test_whom_our_mail_did_not_reach_is_told_before_writing_again(quick_office: Threader) -> None:
    quick_office.sink.answer("RCPT", "550 5.1.1 no such user", about=EWA)
    number = (await quick_office.file(cc=[EWA]))["case_number"]
    await quick_office.reply(number, cc=[EWA])
    assert (await quick_office.get(f"/v1/cases/{number}/reply-draft", all=True))["undeliverable"] == [EWA]


@pytest.mark.parametrize("wants_copies", [True, False])
async def test_copy_for_the_folder_sent(office: Threader, wants_copies: bool) -> None:
    await office.know_mailbox(BIURO, keeps_sent_copies=wants_copies)
    reply = await office.reply((await office.file())["case_number"])
    assert reply["sent_copy"] == ("wanted" if wants_copies else "none")
    await office.parts.sent_copies.keep_due()
    assert office.siblings.copies == [office.sink.mails[0].content] * wants_copies
    assert (await office.get(f"/v1/replies/{reply['id']}"))["sent_copy"] == ("kept" if wants_copies else "none")


async def test_copy_waits_for_a_mailbox_out_of_reach_and_is_given_up(quick_office: Threader) -> None:
    await quick_office.know_mailbox(BIURO, keeps_sent_copies=True)
    first = await quick_office.reply((await quick_office.file())["case_number"])
    keep = quick_office.parts.sent_copies.keep_due
    quick_office.siblings.refuses = {"sent-copies": 503}
    await keep()
    quick_office.siblings.refuses = {}
    await keep()  # not yet
    assert quick_office.siblings.copies == []
    quick_office.clock.advance(timedelta(minutes=1))
    await keep()
    assert (await quick_office.get(f"/v1/replies/{first['id']}"))["sent_copy"] == "kept"
    second = await quick_office.reply((await quick_office.file())["case_number"])
    quick_office.siblings.refuses = {"sent-copies": 409}
    await keep()
    failed = await quick_office.get(f"/v1/replies/{second['id']}")
    assert (failed["sent_copy"], failed["status"]) == ("failed", "sent")
