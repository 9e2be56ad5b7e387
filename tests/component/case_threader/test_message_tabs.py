"""What the form of a message shows, the folders it is found in, read receipts, and subjects without a tag."""

import email
import email.policy

from case_office import BIURO, EWA, JAN, OBCY, Threader, a_report, change_settings, mail_account_of

from kit.testing.web import signed_token


async def subjects(office: Threader, **wanted: object) -> list[str]:
    return [one["subject"] for one in (await office.get("/v1/messages", **wanted))["items"]]


async def test_without_a_tag_answers_are_known_by_their_references(office: Threader) -> None:
    """features C34: no tag at all, as long as references are followed."""
    await change_settings(office, tag_position="none")
    number = (await office.file(subject="Hala"))["case_number"]
    reply = await office.reply(number)
    assert reply["subject"] == "RE: Hala"
    answer = await office.file(subject="Odp: Hala", in_reply_to=[reply["rfc_message_id"]])
    assert (answer["case_number"], answer["rule"]) == (number, "references")
    long_one = (await office.file(subject="Bardzo " + "długi " * 60))["case_number"]
    assert len((await office.reply(long_one))["subject"]) <= 160
    settings = await office.get("/v1/case-settings")
    both_off = await office.call("PUT", "/v1/case-settings", {**settings, "file_by_references": False}, status=422)
    assert both_off["code"] == "nothing_to_file_by"
    await change_settings(office, tag_position="end", file_by_references=False)
    unknown = await office.file(subject="Odp: Hala", in_reply_to=[reply["rfc_message_id"]])
    assert unknown["case_number"] != number


async def test_a_receipt_is_asked_for_and_shown(office: Threader) -> None:
    """features R87."""
    number = (await office.file())["case_number"]
    plain = await office.reply(number)
    asked = await office.reply(number, request_read_receipt=True)
    mails = {
        message["message-id"].strip("<>"): message
        for message in (email.message_from_bytes(one.content, policy=email.policy.default) for one in office.sink.mails)
    }
    assert mails[plain["rfc_message_id"]]["disposition-notification-to"] is None
    assert BIURO in mails[asked["rfc_message_id"]]["disposition-notification-to"]
    told = a_report("delivered", asked["rfc_message_id"]).model_copy(update={"kind": "read_receipt"})
    await office.file(sender=JAN, report=told)
    [shown] = [one for one in (await office.case(number))["messages"] if one["message_id"] == asked["id"]]
    assert (shown["delivery"]["kind"], shown["delivery"]["recipients"][0]["email"]) == ("read_receipt", JAN)
    assert await office.status(number) == "closed"  # a machine's word opens nothing


async def test_folders_of_those_who_work(office: Threader) -> None:
    """features R88: a mail is settled with its case, what no server has taken yet is in the outbox."""
    open_one = (await office.file(subject="otwarta"))["case_number"]
    await office.file(sender=OBCY, subject="od nikogo")
    settled = (await office.file(sender=EWA, subject="załatwiona"))["case_number"]
    await office.reply(settled, to=EWA)
    assert await subjects(office, folder="inbox") == ["od nikogo", "otwarta"]
    assert await subjects(office, folder="settled") == ["załatwiona"]
    assert await subjects(office, folder="sent") == [f"RE: załatwiona [Acme#{settled}]"]
    assert await subjects(office, folder="inbox", participant=JAN) == ["otwarta"]
    office.sink.answer("RCPT", "450 4.2.0 later", about=JAN)
    await office.reply(open_one)
    assert await subjects(office, folder="outbox") == [f"RE: otwarta [Acme#{open_one}]"]
    assert len(await subjects(office, folder="sent")) == 1
    await office.call("DELETE", f"/v1/cases/{settled}")
    assert sorted(await subjects(office, folder="deleted")) == [f"RE: załatwiona [Acme#{settled}]", "załatwiona"]
    assert await subjects(office, folder="settled") == ["otwarta"]  # answering it settled it
    await office.get("/v1/messages", status=422, folder="drafts")


async def test_tabs_of_a_message(office: Threader) -> None:
    """features R85: the message, its conversation, and how it came to stand where it does."""
    first = await office.file(subject="Hala")
    number = first["case_number"]
    reply = await office.reply(number)
    other = (await office.file(sender=EWA, subject="Inna"))["case_number"]
    path = f"/v1/messages/{first['message_id']}"
    assert (await office.get(path))["case_number"] == number
    thread = await office.get(f"{path}/thread", limit=1)
    assert [one["subject"] for one in thread["items"]] == ["Hala"]
    rest = await office.get(f"{path}/thread", cursor=thread["next"])
    assert [one["message_id"] for one in rest["items"]] == [reply["id"]]
    await office.call("PUT", f"/v1/filings/{first['message_id']}", {"case_number": other})
    history = await office.get(f"{path}/history")
    assert (history["rule"] is not None, [one["kind"] for one in history["items"]]) == (True, ["move"])
    assert (await office.get(path))["case_number"] == other
    of_reply = await office.get(f"/v1/messages/{reply['id']}/history")
    assert (of_reply["outcome"], of_reply["items"]) == (None, [])
    waiting = await office.file(sender=OBCY, subject="od nikogo")
    alone = await office.get(f"/v1/messages/{waiting['message_id']}/thread")
    assert [(one["subject"], one["case_number"]) for one in alone["items"]] == [("od nikogo", None)]
    await office.get("/v1/messages/018f0000-0000-7000-8000-000000000000", status=404)


async def test_drafts_are_kept_until_they_are_sent(office: Threader) -> None:
    """features R88: only their author sees them; sending takes them out of the folder and into the case."""
    number = (await office.file(subject="Hala"))["case_number"]
    path = f"/v1/cases/{number}/saved-replies"
    file = {"filename": "plan.txt", "content": "cGxhbg=="}
    saved = await office.call("POST", path, {"text": "Dzień", "attachments": [file]}, status=201)
    assert (saved["case_number"], saved["attachments"], saved["body"]) == (number, 1, {"text": "Dzień"})
    assert await office.status(number) == "open"
    draft = f"/v1/saved-replies/{saved['id']}"
    assert (await office.call("POST", f"{draft}/send", status=422))["code"] == "no_recipients"
    body = {"to": [JAN], "text": "Dzień dobry.", "from_account_id": str(mail_account_of(BIURO))}
    await office.call("PUT", draft, body, status=412, headers={"if-match": '"7"'})
    changed = await office.call("PUT", draft, body, headers={"if-match": '"1"'})
    assert (changed["version"], changed["attachments"]) == (2, 1)
    assert [one["id"] for one in (await office.get("/v1/saved-replies", case_number=number))["items"]] == [saved["id"]]
    stranger = {"authorization": f"Bearer {signed_token('cases:read', 'cases:write', subject='ktos')}"}
    assert (await office.client.get("/v1/saved-replies", headers=stranger)).json()["items"] == []
    assert (await office.client.get(draft, headers=stranger)).status_code == 404
    sent = await office.call("POST", f"{draft}/send", status=202)
    await office.attempted(sent["id"])
    assert b"plan.txt" in office.sink.mails[-1].content
    assert (await office.get("/v1/saved-replies"))["items"] == []
    assert await office.status(number) == "closed"
    other = await office.call("POST", path, {}, status=201)
    await office.call("DELETE", f"/v1/saved-replies/{other['id']}", status=204)
    await office.get(f"/v1/saved-replies/{other['id']}", status=404)
