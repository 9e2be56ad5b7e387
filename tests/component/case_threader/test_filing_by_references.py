"""References, ids learned before their mail, Outlook's conversation (DESIGN 5, reference/cases.md steps 7-9)."""

from case_office import BIURO, EWA, JAN, NOWAK, OBCY, SERWIS, Threader, change_settings

CONVERSATION = "0101f69889" + "ab" * 17


async def test_answer_to_ours_needs_no_tag(office: Threader) -> None:
    number = (await office.file())["case_number"]
    reply = await office.reply(number)
    answer = await office.file(subject="Odp: inaczej", in_reply_to=[reply["rfc_message_id"].upper()])
    assert (answer["outcome"], answer["case_number"]) == ("append", number)
    assert (answer["rule"], answer["reason"]) == ("references", "answers_ours")
    assert answer["evidence"] == {"message_id": reply["id"], "distance": 0}
    assert await office.status(number) == "open"


async def test_client_adds_to_his_own_first_mail(office: Threader) -> None:
    number = (await office.file(message_id="first@kowalski.example"))["case_number"]
    added = await office.file(references=["unknown@x", "first@kowalski.example", "other@x"])
    assert (added["case_number"], added["reason"]) == (number, "answers_theirs")


async def test_stranger_in_copy_answers_to_all_before_we_do(quick_office: Threader) -> None:
    number = (await quick_office.file(message_id="first@kowalski.example", cc=[OBCY]))["case_number"]
    answer = await quick_office.file(sender=OBCY, to=[JAN], cc=[BIURO], in_reply_to=["first@kowalski.example"])
    assert (answer["outcome"], answer["case_number"]) == ("append", number)


async def test_nearest_ancestor_decides(quick_office: Threader) -> None:
    first = (await quick_office.file(message_id="a@kowalski.example"))["case_number"]
    second = (await quick_office.file(message_id="b@kowalski.example"))["case_number"]
    by_parent = await quick_office.file(in_reply_to=["a@kowalski.example"], references=["b@kowalski.example"])
    assert by_parent["case_number"] == first
    by_last = await quick_office.file(references=["a@kowalski.example", "b@kowalski.example"])
    assert by_last["case_number"] == second


async def test_tag_outranks_references(quick_office: Threader) -> None:
    first = (await quick_office.file(message_id="a@kowalski.example"))["case_number"]
    second = (await quick_office.file())["case_number"]
    answer = await quick_office.file(subject=f"Re: [Acme#{second}]", in_reply_to=["a@kowalski.example"])
    assert answer["case_number"] == second
    assert first != second


async def test_answer_arrives_before_the_mail_it_answers(office: Threader) -> None:
    number = (await office.file(in_reply_to=["r1@kowalski.example"], subject="Re: Zapytanie"))["case_number"]
    late = await office.file(message_id="r1@kowalski.example")
    assert (late["outcome"], late["case_number"], late["rule"]) == ("append", number, "mentioned_before")


async def test_two_answers_to_a_mail_we_never_saw(quick_office: Threader) -> None:
    number = (await quick_office.file(in_reply_to=["unseen@kowalski.example"]))["case_number"]
    second = await quick_office.file(sender=EWA, references=["unseen@kowalski.example"])
    assert (second["case_number"], second["rule"]) == (number, "shared_ancestor")


async def test_readers_of_one_newsletter_do_not_meet_in_one_case(quick_office: Threader) -> None:
    jan = await quick_office.file(in_reply_to=["newsletter@tool.example"])
    nowak = await quick_office.file(sender=NOWAK, in_reply_to=["newsletter@tool.example"])
    assert (jan["outcome"], nowak["outcome"]) == ("new", "new")
    stranger = await quick_office.file(sender=OBCY, in_reply_to=["newsletter@tool.example"])
    assert stranger["outcome"] == "unassigned"


async def test_outlook_keeps_only_the_conversation(office: Threader) -> None:
    number = (await office.file(subject="Projekt hali", thread_index=CONVERSATION))["case_number"]
    answer = await office.file(subject="Projekt hali - poprawka", thread_index=CONVERSATION)
    assert (answer["case_number"], answer["rule"]) == (number, "thread_index")
    other = await office.file(sender=NOWAK, subject="Projekt hali", thread_index=CONVERSATION)
    assert other["outcome"] == "new"


async def test_same_subject_is_not_the_same_case(quick_office: Threader) -> None:
    first = await quick_office.file(subject="Zamówienie")
    second = await quick_office.file(subject="Odp: Zamówienie")
    assert (first["outcome"], second["outcome"]) == ("new", "new")


async def test_subject_of_the_only_open_case_where_the_settings_say_so(office: Threader) -> None:
    await change_settings(office, match_by_subject=True)
    number = (await office.file(subject="Hala nr 3"))["case_number"]
    answer = await office.file(subject="ODP: Hala nr 3")
    assert (answer["rule"], answer["case_number"], answer["reason"]) == ("same_subject", number, "only_open_case")
    for other in ({"subject": "Hala nr 3"}, {"subject": "Re: Hala nr 4"}, {"subject": "Re: Hala nr 3", "sender": EWA}):
        assert (await office.file(**other))["outcome"] == "new"  # no answer, not the same, not the same person
    third = await office.file(subject="Re: Hala nr 3")
    assert third["outcome"] == "new"  # two open cases of this name now: which of them is not known
    await office.call("PATCH", f"/v1/cases/{number}", {"status": "closed"})
    assert (await office.file(subject="Fwd: Hala nr 3"))["outcome"] == "new"  # a forward is no answer


async def test_answer_to_a_deleted_case_opens_another(quick_office: Threader) -> None:
    number = (await quick_office.file(message_id="a@kowalski.example"))["case_number"]
    await quick_office.call("DELETE", f"/v1/cases/{number}")
    answer = await quick_office.file(subject=f"Re: Zapytanie [Acme#{number}]", in_reply_to=["a@kowalski.example"])
    assert (answer["outcome"], answer["case_number"]) == ("new", number + 1)
    assert (await quick_office.case(number + 1))["title"] == "Zapytanie"


async def test_one_message_id_for_everything_proves_little(quick_office: Threader) -> None:
    """A scanner with one id for all: each mail is a mail, and an answer goes to the newest."""
    numbers = [
        (await quick_office.file(message_id="fixed@scanner.example", subject=f"Skan {n}"))["case_number"]
        for n in range(3)
    ]
    assert len(set(numbers)) == 3
    answer = await quick_office.file(in_reply_to=["fixed@scanner.example"], subject="Re: Skan")
    assert answer["case_number"] == numbers[-1]


async def test_answer_to_a_mail_that_waits_waits_with_it(quick_office: Threader) -> None:
    waiting = await quick_office.file(sender=OBCY, message_id="w@daleko.example")
    answer = await quick_office.file(sender=OBCY, mailbox=SERWIS, in_reply_to=["w@daleko.example"])
    assert (waiting["outcome"], answer["outcome"]) == ("unassigned", "unassigned")
    assert (answer["rule"], answer["evidence"]) == ("waiting_thread", {"message_id": waiting["message_id"]})
