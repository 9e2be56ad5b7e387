"""One mail, several mailboxes; one id, several mails; our own mail coming back (DESIGN 5, reliability A12, A13)."""

import asyncio

from case_office import ANNA, BIURO, JAN, LOOP_MARK, OBCY, SERWIS, Threader, a_mail

from contracts.cases import CaseMailFiled
from contracts.mail import MailFacts


def copy_of(mail: MailFacts, **given: object) -> MailFacts:
    """The same mail as it lay in another mailbox: other bytes, the same Message-ID, From, Date and Subject."""
    other = a_mail(mailbox=given.pop("mailbox", SERWIS), sent=given.pop("sent", False))
    kept = ("message_id", "mail_account_id", "mailbox", "folder", "role", "sha256")
    return type(other)(**{**mail.model_dump(), **{name: getattr(other, name) for name in kept}, **given})


async def test_one_mail_in_two_mailboxes_is_one_entry(office: Threader) -> None:
    mail = a_mail()
    first = await office.file(mail)
    second = await office.file(copy_of(mail))
    assert (second["outcome"], second["case_number"]) == ("duplicate", first["case_number"])
    assert second["held_by"] == first["message_id"]
    [entry] = (await office.case(first["case_number"]))["messages"]
    assert entry["mailboxes"] == [BIURO, SERWIS]
    assert len(await office.announced(CaseMailFiled)) == 1


async def test_both_copies_in_one_batch(office: Threader) -> None:
    mail = a_mail()
    copy = copy_of(mail)
    await office.hear(mail, copy)
    filing = await office.filing(copy.message_id)
    assert filing["outcome"] == "duplicate"
    [entry] = (await office.case(filing["case_number"]))["messages"]
    assert entry["mailboxes"] == [BIURO, SERWIS]


async def test_copy_changes_no_status(office: Threader) -> None:
    mail = a_mail()
    number = (await office.file(mail))["case_number"]
    await office.reply(number)
    late = copy_of(mail, received_at=office.clock.now())
    assert (await office.file(late))["outcome"] == "duplicate"
    assert await office.status(number) == "closed"


async def test_same_bytes_without_any_id(office: Threader) -> None:
    mail = a_mail(message_id=None, sent_at=None)
    number = (await office.file(mail))["case_number"]
    again = copy_of(mail, same_bytes_as=mail.message_id)
    assert ((await office.file(again))["outcome"], await office.messages(number)) == (
        "duplicate",
        [str(mail.message_id)],
    )


async def test_mails_without_an_id_are_told_apart_by_what_they_say(quick_office: Threader) -> None:
    mail = a_mail(message_id=None)
    assert (await quick_office.file(mail))["outcome"] == "new"
    assert (await quick_office.file(copy_of(mail)))["outcome"] == "duplicate"
    assert (await quick_office.file(copy_of(mail, text="Coś innego")))["outcome"] == "new"


async def test_same_id_on_a_different_mail_is_a_different_mail(office: Threader) -> None:
    first = await office.file(message_id="fixed@scanner.example", subject="Skan 1")
    second = await office.file(message_id="fixed@scanner.example", subject="Skan 2")
    assert (first["outcome"], second["outcome"]) == ("new", "new")


async def test_burnt_message_id_does_not_hide_the_real_mail(quick_office: Threader) -> None:
    await quick_office.file(sender=OBCY, message_id="faktura@kowalski.example", subject="spam")
    real = await quick_office.file(message_id="faktura@kowalski.example", subject="Faktura")
    assert real["outcome"] == "new"


async def test_copy_of_a_mail_that_waits_follows_it_into_its_case(office: Threader) -> None:
    mail = a_mail(sender=OBCY)
    await office.file(mail)
    copy = await office.file(copy_of(mail))
    assert (copy["outcome"], copy["case_number"]) == ("duplicate", None)
    await office.call("POST", f"/v1/unassigned/{copy['message_id']}", {"account_id": str(office.nowak)})
    first, second = await office.filing(mail.message_id), await office.filing(copy["message_id"])
    assert first["case_number"] == second["case_number"] is not None
    assert (await office.get("/v1/unassigned"))["items"] == []


async def test_copy_of_our_reply_in_sent_is_the_reply(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number)
    copy = await office.copy_in_sent(reply)
    assert (copy["outcome"], copy["case_number"], copy["held_by"]) == ("duplicate", number, reply["id"])
    assert len(await office.messages(number)) == 2


async def test_our_reply_in_an_inbox_is_ignored(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number)
    loop = await office.copy_in_sent(reply, mailbox=SERWIS, role="inbox")
    assert (loop["outcome"], loop["case_number"]) == ("ignored", None)
    without_mark = await office.file(sender=BIURO, message_id=reply["rfc_message_id"], subject="przez listę")
    assert (without_mark["outcome"], without_mark["reason"]) == ("ignored", "own_message_id")
    from_a_client = await office.file(message_id=reply["rfc_message_id"], subject="to nie jest wasze")
    assert from_a_client["outcome"] == "new"


async def test_anything_with_our_loop_mark_is_ours(quick_office: Threader) -> None:
    """A reminder of reminder-dispatcher, for instance: case-threader has never heard of it."""
    in_sent = await quick_office.file(sent=True, loop_marks=[LOOP_MARK])
    in_inbox = await quick_office.file(loop_marks=["other", LOOP_MARK])
    assert (in_sent["outcome"], in_inbox["outcome"]) == ("duplicate", "ignored")
    assert (await quick_office.file(loop_marks=["other"]))["outcome"] == "new"


async def test_copy_in_sent_proves_that_it_was_us(office: Threader) -> None:
    """Anna answers from her own program with the office in copy: the inbox is read before Sent."""
    number = (await office.file())["case_number"]
    mail = a_mail(sender=ANNA, to=[JAN], cc=[BIURO], subject=f"Re: [Acme#{number}]", received_at=office.clock.now())
    await office.file(mail)
    assert await office.status(number) == "open"
    assert (await office.file(copy_of(mail, mailbox=BIURO, sent=True)))["outcome"] == "duplicate"
    case = await office.case(number)
    assert (case["status"], case["messages"][1]["direction"]) == ("closed", "outgoing")


async def test_our_new_topic_is_found_in_an_inbox_before_sent(office: Threader) -> None:
    mail = a_mail(sender=BIURO, mailbox=SERWIS, to=[JAN], cc=[SERWIS], subject="Nowy temat")
    assert (await office.file(mail))["outcome"] == "unassigned"
    sent = await office.file(copy_of(mail, mailbox=BIURO, sent=True))
    assert sent["outcome"] == "new"
    case = await office.case(sent["case_number"])
    [entry] = case["messages"]
    assert (entry["mailboxes"], entry["direction"], case["status"]) == ([SERWIS, BIURO], "outgoing", "closed")
    assert (await office.filing(mail.message_id))["case_number"] == case["number"]
    assert (await office.get("/v1/unassigned"))["items"] == []


async def test_waiting_copy_and_its_sent_original_are_one_entry(quick_office: Threader) -> None:
    mail = a_mail(sender=BIURO, mailbox=SERWIS, to=[OBCY], cc=[SERWIS], subject="Nowy temat")
    await quick_office.file(mail)
    sent = await quick_office.file(copy_of(mail, mailbox=BIURO, sent=True))
    assert (sent["outcome"], sent["held_by"]) == ("unassigned", str(mail.message_id))
    [waiting] = (await quick_office.get("/v1/unassigned"))["items"]
    assert (waiting["message"]["mailboxes"], waiting["message"]["direction"]) == ([SERWIS, BIURO], "outgoing")


async def test_the_same_event_twice_does_nothing_twice(office: Threader) -> None:
    mail = a_mail()
    await office.hear(mail)
    await asyncio.gather(office.hear(mail), office.hear(mail))  # under other event ids, as after a lost inbox
    number = (await office.filing(mail.message_id))["case_number"]
    assert await office.messages(number) == [str(mail.message_id)]
    assert len((await office.get("/v1/cases"))["items"]) == 1
