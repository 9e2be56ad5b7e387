"""Our tag in the subject (DESIGN 5, features C13-C15, C29, C43-C45, reliability D15)."""

import pytest
from case_office import ANNA, BIURO, EWA, JAN, NOWAK, OBCY, SERWIS, Threader, change_settings

from contracts.mail import Authentication


async def test_tag_brings_the_answer_to_its_case(office: Threader) -> None:
    first = await office.file(subject="Zapytanie")
    number = first["case_number"]
    answer = await office.file(subject=f"Odp.: Zapytanie [Acme#{number}]")
    assert (answer["outcome"], answer["case_number"], answer["rule"]) == ("append", number, "own_tag")
    assert answer["evidence"] == {"tag": number}
    assert (await office.case(number))["title"] == "Zapytanie"


@pytest.mark.parametrize("sender", [JAN, EWA, "biuro@kowalski.example", ANNA])
async def test_account_contacts_and_employees_are_followed(quick_office: Threader, sender: str) -> None:
    number = (await quick_office.file())["case_number"]
    assert (await quick_office.file(sender=sender, subject=f"x [Acme#{number}]"))["case_number"] == number


async def test_somebody_in_copy_takes_part_from_then_on(quick_office: Threader) -> None:
    number = (await quick_office.file(cc=["monter@serwisant.example"]))["case_number"]
    answer = await quick_office.file(sender="monter@serwisant.example", subject=f"Re: x [Acme#{number}]")
    assert (answer["outcome"], answer["case_number"]) == ("append", number)
    emails = [participant["email"] for participant in (await quick_office.case(number))["participants"]]
    assert emails == [JAN, "monter@serwisant.example"]


async def test_stranger_with_nothing_but_a_tag_waits(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    await quick_office.reply(number)
    held = await quick_office.file(sender=OBCY, subject=f"Re: faktura [Acme#{number}]")
    assert (held["outcome"], held["case_number"], held["suggested_case_number"]) == ("unassigned", None, number)
    assert held["reason"] == "tag_alone"
    assert await quick_office.status(number) == "closed"
    assert len(await quick_office.messages(number)) == 2


async def test_setting_lets_strangers_in_unverified(office: Threader) -> None:
    await change_settings(office, tag_from_strangers="append")
    number = (await office.file())["case_number"]
    answer = await office.file(sender=OBCY, cc=["drugi@daleko.example"], subject=f"Re: x [Acme#{number}]")
    assert (answer["outcome"], answer["case_number"]) == ("append", number)
    case = await office.case(number)
    assert [message["verified"] for message in case["messages"]] == [True, False]
    assert {p["email"]: p["verified"] for p in case["participants"]} == {JAN: True, OBCY: False}
    # It is not a recipient until somebody confirms, and its presence vouches for nobody.
    assert (await office.get(f"/v1/cases/{number}/reply-draft", all=True))["unverified"] == [OBCY]
    await change_settings(office, tag_from_strangers="hold")
    assert (await office.file(sender=OBCY, subject=f"Re: x [Acme#{number}]"))["outcome"] == "unassigned"


async def test_colleague_of_an_authenticated_domain_is_followed(office: Threader) -> None:
    number = (await office.file())["case_number"]
    passed = Authentication(verdict="passed", dmarc="pass")
    answer = await office.file(sender="nowa@kowalski.example", subject=f"[Acme#{number}]", authentication=passed)
    assert (answer["case_number"], answer["reason"]) == (number, "authenticated_domain_of_the_account")
    unchecked = await office.file(sender="inna@kowalski.example", subject=f"[Acme#{number}]")
    assert unchecked["outcome"] == "unassigned"


async def test_shared_domain_says_nothing(quick_office: Threader) -> None:
    await quick_office.know_account("Prywatny", "jan.prywatny@gmail.com")
    number = (await quick_office.file(sender="jan.prywatny@gmail.com"))["case_number"]
    passed = Authentication(verdict="passed", dmarc="pass")
    answer = await quick_office.file(sender="ktos@gmail.com", subject=f"[Acme#{number}]", authentication=passed)
    assert answer["outcome"] == "unassigned"


async def test_client_of_another_account_gets_a_case_of_his_own(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    answer = await quick_office.file(sender=NOWAK, subject=f"Re: Zapytanie [Acme#{number}]")
    assert (answer["outcome"], answer["reason"]) == ("new", "tag_of_another_account")
    assert answer["case_number"] != number
    case = await quick_office.case(answer["case_number"])
    assert (case["account_id"], case["mentions"], case["title"]) == (str(quick_office.nowak), [number], "Zapytanie")


async def test_a_reference_confirms_an_unknown_sender(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    reply = await quick_office.reply(number)
    answer = await quick_office.file(
        sender="jan@gmail.com", subject=f"Re: Zapytanie [Acme#{number}]", in_reply_to=[reply["rfc_message_id"]]
    )
    assert (answer["outcome"], answer["case_number"], answer["reason"]) == ("append", number, "reference_confirms")
    assert (await quick_office.case(number))["account_id"] == str(quick_office.kowalski)


async def test_last_existing_tag_wins(quick_office: Threader) -> None:
    first, second = [(await quick_office.file(subject=f"Sprawa {n}"))["case_number"] for n in "12"]
    answer = await quick_office.file(subject=f"Re: [Acme#{second}] [Acme#{first}] [Acme#99999999] obie")
    assert answer["case_number"] == first
    assert (await quick_office.case(first))["mentions"] == [second]


async def test_of_several_tags_the_one_with_evidence_wins(office: Threader) -> None:
    own = (await office.file())["case_number"]
    foreign = (await office.file(sender=NOWAK))["case_number"]
    assert (await office.file(subject=f"Re: [Acme#{own}] [Acme#{foreign}]"))["case_number"] == own


async def test_tag_of_no_case_falls_through_and_leaves_the_title(quick_office: Threader) -> None:
    answer = await quick_office.file(subject="RE: wycena [Acme#99999999] [OtherCo#7]")
    assert answer["outcome"] == "new"
    assert (await quick_office.case(answer["case_number"]))["title"] == "wycena [OtherCo#7]"


async def test_foreign_tag_is_not_ours_and_goes_out_again(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    answer = await quick_office.file(subject=f"RE: wycena [OtherCo#{number}]")
    assert (answer["outcome"], answer["case_number"]) == ("new", number + 1)
    reply = await quick_office.reply(number + 1)
    assert reply["subject"] == f"RE: wycena [OtherCo#{number}] [Acme#{number + 1}]"


async def test_changed_prefix_keeps_the_old_one_recognised(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    changed = await change_settings(quick_office, tag_prefix="Nowa")
    assert changed["recognised_prefixes"] == ["Acme"]
    assert (await quick_office.case(number))["tag"] == f"[Nowa#{number}]"
    assert (await quick_office.file(subject=f"Re: x [Acme#{number}]"))["case_number"] == number
    assert (await quick_office.reply(number))["subject"].endswith(f"[Nowa#{number}]")


async def test_guessing_the_next_number_leads_nowhere(quick_office: Threader) -> None:
    number = (await quick_office.file())["case_number"]
    assert (await quick_office.file(subject=f"Re: [Acme#{number + 1}]"))["outcome"] == "new"


async def test_stranger_in_another_mailbox_of_ours_is_no_exception(quick_office: Threader) -> None:
    number = (await quick_office.file(mailbox=SERWIS, to=[SERWIS]))["case_number"]
    held = await quick_office.file(sender=OBCY, mailbox=BIURO, subject=f"[Acme#{number}]")
    assert held["outcome"] == "unassigned"
