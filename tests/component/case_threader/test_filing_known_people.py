"""Who writes, and what is opened for whom (features C4, C16, C17, C22, C39)."""

from case_office import ANNA, BIURO, EWA, JAN, NOWAK, OBCY, PIOTR, Threader, a_mail, change_settings

from contracts.addresses import Address
from contracts.cases import CaseMailFiled, CaseOpened
from contracts.directory import AccountChanged
from contracts.mail import Authentication, MailQuarantined, MailReceived


async def test_known_sender_opens_the_next_case(office: Threader) -> None:
    filed = await office.file(sender=EWA, subject="Re: PD: Zapytanie o cenę")
    assert (filed["outcome"], filed["rule"], filed["reason"]) == ("new", "known_sender", "new_topic")
    case = await office.case(filed["case_number"])
    assert (case["status"], case["title"], case["tag"]) == ("open", "Zapytanie o cenę", f"[Acme#{case['number']}]")
    assert (case["account_id"], case["contact_id"]) == (str(office.kowalski), str(office.ewa))
    [opened] = await office.announced(CaseOpened)
    [told] = await office.announced(CaseMailFiled)
    assert (opened.number, opened.message_id, opened.account_id) == (case["number"], told.message_id, office.kowalski)


async def test_numbers_go_up_and_are_never_used_again(quick_office: Threader) -> None:
    numbers = [(await quick_office.file())["case_number"] for _ in range(3)]
    await quick_office.call("DELETE", f"/v1/cases/{numbers[-1]}")
    assert (await quick_office.file())["case_number"] == numbers[-1] + 1


async def test_unknown_sender_waits(office: Threader) -> None:
    filed = await office.file(sender=OBCY)
    assert (filed["outcome"], filed["reason"], filed["case_number"]) == ("unassigned", "unknown_sender", None)
    assert await office.announced(CaseOpened) == []


async def test_mail_without_a_sender_waits(quick_office: Threader) -> None:
    filed = await quick_office.file(sender=None)
    assert (filed["outcome"], filed["reason"]) == ("unassigned", "no_sender")


async def test_address_of_two_accounts_proves_none(office: Threader) -> None:
    other = await office.know_account("Kowalski Transport", JAN)
    filed = await office.file()
    assert (filed["outcome"], filed["reason"]) == ("unassigned", "address_of_several_accounts")
    [waiting] = (await office.get("/v1/unassigned"))["items"]
    suggested = {each["account_id"]: each["reason"] for each in waiting["suggested_accounts"]}
    assert suggested == dict.fromkeys([str(office.kowalski), str(other)], "address_on_several_cards")


async def test_changed_cards_hold_from_the_next_mail_on(office: Threader) -> None:
    before, after = a_mail(sender=OBCY), a_mail(sender=OBCY, subject="Drugie")
    card = AccountChanged(account_id=office.nowak, name="Nowak", emails=[NOWAK, OBCY], version=2)
    gone = AccountChanged(account_id=office.nowak, name="Nowak", emails=[NOWAK], version=3)
    last = a_mail(sender=OBCY, subject="Trzecie")
    await office.hear(before, card, after, gone, last)
    outcomes = [(await office.filing(mail.message_id))["outcome"] for mail in (before, after, last)]
    assert outcomes == ["unassigned", "new", "unassigned"]
    late = AccountChanged(account_id=office.nowak, name="Nowak", emails=[OBCY], version=2)
    await office.hear(late)
    assert (await office.file(sender=OBCY))["outcome"] == "unassigned"


async def test_deleted_card_is_forgotten(quick_office: Threader) -> None:
    await quick_office.hear(
        AccountChanged(account_id=quick_office.nowak, name="Nowak", emails=[NOWAK], version=2, deleted=True)
    )
    assert (await quick_office.file(sender=NOWAK))["outcome"] == "unassigned"


async def test_merged_account_hands_its_cases_over(office: Threader) -> None:
    number = (await office.file(sender=NOWAK))["case_number"]
    await office.hear(
        AccountChanged(account_id=office.nowak, name="Nowak", version=2, deleted=True, merged_into=office.kowalski)
    )
    assert (await office.case(number))["account_id"] == str(office.kowalski)


async def test_our_new_topic_opens_a_closed_case(office: Threader) -> None:
    filed = await office.file(sent=True, to=[EWA], cc=[PIOTR], subject="Przypomnienie", message_id="s2@acme.example")
    case = await office.case(filed["case_number"])
    assert (filed["outcome"], filed["rule"], case["status"]) == ("new", "known_recipient", "closed")
    assert (case["contact_id"], case["messages"][0]["direction"]) == (str(office.ewa), "outgoing")
    answer = await office.file(sender=EWA, in_reply_to=["s2@acme.example"])
    assert answer["case_number"] == case["number"]
    assert await office.status(case["number"]) == "open"


async def test_our_new_topic_stays_open_where_the_setting_says_so(quick_office: Threader) -> None:
    await change_settings(quick_office, close_on_first_outbound=False)
    number = (await quick_office.file(sent=True))["case_number"]
    assert await quick_office.status(number) == "open"
    await quick_office.file(sent=True, subject=f"x [Acme#{number}]")
    assert await quick_office.status(number) == "closed"


async def test_mail_to_many_accounts_belongs_to_none_and_each_answer_is_its_own(quick_office: Threader) -> None:
    sent = await quick_office.file(sent=True, to=[BIURO], bcc=[JAN, NOWAK], message_id="offer@acme.example")
    assert (sent["outcome"], sent["reason"]) == ("unassigned", "several_accounts")
    answers = [await quick_office.file(sender=each, in_reply_to=["offer@acme.example"]) for each in (JAN, NOWAK)]
    assert [answer["outcome"] for answer in answers] == ["new", "new"]
    assert answers[0]["case_number"] != answers[1]["case_number"]


async def test_our_mail_to_nobody_known_waits(quick_office: Threader) -> None:
    filed = await quick_office.file(sent=True, to=[OBCY])
    assert (filed["outcome"], filed["reason"]) == ("unassigned", "unknown_recipient")


async def test_mail_among_ourselves_is_nobody_elses_business(quick_office: Threader) -> None:
    filed = await quick_office.file(sent=True, to=[ANNA, "nowy@acme.example"])
    assert (filed["outcome"], filed["rule"]) == ("ignored", "internal_mail")


async def test_colleague_with_a_new_topic_is_asked_about(quick_office: Threader) -> None:
    filed = await quick_office.file(sender=ANNA)
    assert (filed["outcome"], filed["reason"]) == ("unassigned", "sender_is_ours")


async def test_somebody_writing_as_us_is_set_aside(office: Threader) -> None:
    number = (await office.file())["case_number"]
    failed = Authentication(verdict="failed", dmarc="fail")
    for claimed in (BIURO, ANNA, "ktokolwiek@acme.example"):
        forged = await office.file(sender=claimed, subject=f"Re: [Acme#{number}]", authentication=failed)
        assert (forged["outcome"], forged["rule"]) == ("quarantined", "forged_own_address")
    assert len(await office.messages(number)) == 1
    listed = (await office.get("/v1/filings", outcome="quarantined"))["items"]
    assert len(listed) == 3


async def test_client_whose_dmarc_fails_is_a_client_still(quick_office: Threader) -> None:
    failed = Authentication(verdict="failed", dmarc="fail")
    assert (await quick_office.file(authentication=failed))["outcome"] == "new"


async def test_client_at_a_provider_we_use_too_is_no_colleague(quick_office: Threader) -> None:
    await quick_office.know_mailbox("acme@nasz-dostawca.example")
    await quick_office.know_account("Sąsiad", "sasiad@nasz-dostawca.example")
    assert (await quick_office.file(sender="sasiad@nasz-dostawca.example"))["outcome"] == "new"


async def test_robot_without_any_sign_is_stopped_after_a_while(office: Threader) -> None:
    await change_settings(office, new_cases_per_sender=3)
    outcomes = [(await office.file(subject=f"Zamówienie {number}"))["outcome"] for number in range(5)]
    assert outcomes == ["new"] * 3 + ["unassigned"] * 2
    assert (await office.file(subject="Coś innego"))["outcome"] == "new"
    office.clock.advance(office.clock.now() - office.clock.now().replace(hour=0))
    assert (await office.file(subject="Zamówienie 6"))["outcome"] == "new"


async def test_behind_a_web_form_the_reply_to_is_the_sender(office: Threader) -> None:
    form = {
        "sender": "formularz@acme.example", "reply_to": [Address(email=JAN, name="Jan")], "written_by_machine": True,
        "subject": "Formularz kontaktowy",
    }  # fmt: skip
    assert (await office.file(**form))["outcome"] == "unassigned"
    await change_settings(office, sender_from_reply_to=["Formularz@ACME.example"])
    filed = await office.file(**form)
    assert (filed["outcome"], filed["rule"]) == ("new", "known_sender")
    case = await office.case(filed["case_number"])
    assert (case["account_id"], case["status"]) == (str(office.kowalski), "open")
    assert (case["messages"][0]["sender"], case["participants"][0]["email"]) == ({"email": JAN, "name": "Jan"}, JAN)
    spoofed = await office.file(sender=OBCY, reply_to=[Address(email=JAN)])
    assert spoofed["outcome"] == "unassigned"  # anybody can write a Reply-To


async def test_quarantined_mail_is_told_and_comes_back_after_a_retry(office: Threader) -> None:
    mail = a_mail()
    assert isinstance(mail, MailReceived)
    told = {
        name: getattr(mail, name)
        for name in ("message_id", "mail_account_id", "mailbox", "role", "sha256", "received_at")
    }
    await office.hear(MailQuarantined(**told, reason="too_deep"))
    filing = await office.filing(mail.message_id)
    assert (filing["outcome"], filing["reason"], filing["case_number"]) == ("quarantined", "too_deep", None)
    await office.hear(mail)
    assert (await office.filing(mail.message_id))["outcome"] == "new"


async def test_history_that_is_imported_opens_nothing_but_is_remembered(office: Threader) -> None:
    old = await office.file(imported=True, message_id="old@kowalski.example")
    assert (old["outcome"], old["rule"]) == ("ignored", "history")
    number = (await office.file())["case_number"]
    await office.reply(number)
    await office.file(imported=True, subject=f"[Acme#{number}]")
    assert await office.status(number) == "closed"
