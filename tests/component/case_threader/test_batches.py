"""A batch files mails as one by one would; shuffled, repeated and spread conversations end as they should (DESIGN 4, 5)."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from case_office import ANNA, BIURO, EWA, JAN, LOOP_MARK, NOWAK, OBCY, SERWIS, Threader, a_mail, a_report

from case_threader.acknowledging import House
from case_threader.handlers import subscription
from case_threader.locking import FILING_LOCK
from contracts.cases import CaseMerged, CaseOpened
from contracts.mail import MailFacts
from kit.database import Database
from kit.events import Heard
from kit.ids import new_id
from kit.testing import FixedClock

pytestmark = pytest.mark.storage

SPRZEDAZ = "sprzedaz@acme.example"


def a_mixed_bag(start: datetime) -> list[MailFacts]:
    """One mail of each kind that depends on the ones before it."""
    at = (start + timedelta(minutes=minute) for minute in range(100))
    first = a_mail(message_id="m1@kowalski.example", received_at=next(at), subject="Hala")
    return [
        first,
        a_mail(sender=EWA, in_reply_to=["m1@kowalski.example"], received_at=next(at)),
        a_mail(sender=OBCY, message_id="o1@daleko.example", received_at=next(at)),
        a_mail(sender=OBCY, in_reply_to=["o1@daleko.example"], received_at=next(at)),
        a_mail(
            sent=True, to=[JAN], in_reply_to=["m1@kowalski.example"], message_id="s1@acme.example", received_at=next(at)
        ),
        a_mail(sender="mailer-daemon@acme.example", report=a_report("failed", "s1@acme.example"), received_at=next(at)),
        a_mail(sender=NOWAK, in_reply_to=["later@nowak.example"], received_at=next(at)),
        a_mail(sender=NOWAK, message_id="later@nowak.example", received_at=next(at)),
        a_mail(sender=ANNA, in_reply_to=["m1@kowalski.example"], received_at=next(at)),
        a_mail(sender=JAN, subject="Nowy temat", written_by_machine=True, received_at=next(at)),
        a_mail(loop_marks=[LOOP_MARK], received_at=next(at)),
    ]


async def picture(office: Threader, mails: list[MailFacts]) -> dict[str, Any]:
    """Everything that came of these mails, without what is new each time."""
    names = {str(mail.message_id): index for index, mail in enumerate(mails)}
    filings = [await office.filing(mail.message_id) for mail in mails]
    cases = {}
    for number in {filing["case_number"] for filing in filings} - {None}:
        case = await office.case(number)
        entries = [(names[each["message_id"]], each["direction"], each["mailboxes"]) for each in case["messages"]]
        people = sorted(each["email"] for each in case["participants"])
        cases[number] = (case["title"], case["status"], case["status_reason"], case["account_id"], entries, people)
    return {
        "filings": [(each["outcome"], each["rule"], each["reason"], each["case_number"]) for each in filings],
        "cases": cases,
    }


async def test_a_batch_comes_to_the_same_as_one_by_one(start_threader: Callable[..., Any], clock: FixedClock) -> None:
    async with start_threader() as threader:
        await furnish(threader)
        one_by_one, together = a_mixed_bag(clock.now()), a_mixed_bag(clock.now())
        for mail in one_by_one:
            await threader.hear(mail)
        alone = await picture(threader, one_by_one)
        for number in alone["cases"]:
            await threader.call("DELETE", f"/v1/cases/{number}")
        shift = len(alone["cases"])
        renamed = [_under_other_ids(mail) for mail in together]
        await threader.hear(*renamed)
        batch = await picture(threader, renamed)
    assert [filing[:3] for filing in batch["filings"]] == [filing[:3] for filing in alone["filings"]]
    assert {number - shift: case for number, case in batch["cases"].items()} == alone["cases"]


def _under_other_ids(mail: MailFacts) -> MailFacts:
    """The same bag in another language, so that nothing refers to the first one."""

    def other(rfc_id: str | None) -> str | None:
        return rfc_id and f"x.{rfc_id}"

    report = mail.report and mail.report.model_copy(
        update={"original_message_ids": [f"x.{each}" for each in mail.report.original_message_ids]}
    )
    return mail.model_copy(
        update={
            "rfc_message_id": other(mail.rfc_message_id),
            "in_reply_to": [f"x.{each}" for each in mail.in_reply_to],
            "references": [f"x.{each}" for each in mail.references],
            "report": report,
        }
    )


async def furnish(threader: Threader) -> None:
    for mailbox in (BIURO, SERWIS, SPRZEDAZ):
        await threader.know_mailbox(mailbox)
    await threader.know_employee(ANNA)
    threader.kowalski = await threader.know_account("Kowalski", JAN, EWA)
    await threader.know_account("Nowak", NOWAK)


async def test_two_halves_are_one_case_when_the_mail_between_them_arrives(office: Threader) -> None:
    first = await office.file(message_id="1@kowalski.example")
    third = await office.file(in_reply_to=["2@kowalski.example"], message_id="3@kowalski.example", cc=[OBCY])
    assert (first["outcome"], third["outcome"]) == ("new", "new")
    await office.reply(third["case_number"])
    second = await office.file(in_reply_to=["1@kowalski.example"], message_id="2@kowalski.example")
    number = first["case_number"]
    assert (second["outcome"], second["case_number"]) == ("append", number)
    case = await office.case(number)
    assert (len(case["messages"]), case["status"]) == (4, "open")
    assert OBCY in [each["email"] for each in case["participants"]]
    assert (await office.file(sender=OBCY, subject=f"[Acme#{third['case_number']}]"))["case_number"] == number
    back = await office.call("POST", f"/v1/cases/{number}/undo")
    assert len(back["messages"]) == 3
    # Taken back by a person, they stay two.
    again = await office.file(in_reply_to=["2@kowalski.example"])
    assert again["case_number"] == number


async def test_halves_of_different_accounts_stay_apart(quick_office: Threader) -> None:
    first = await quick_office.file(message_id="1@kowalski.example")
    third = await quick_office.file(sender=NOWAK, in_reply_to=["2@kowalski.example"])
    second = await quick_office.file(in_reply_to=["1@kowalski.example"], message_id="2@kowalski.example")
    assert (first["case_number"], second["case_number"]) == (1, 1)
    assert await quick_office.status(third["case_number"]) == "open"
    assert len(await quick_office.messages(third["case_number"])) == 1


# ---- eight conversations


def conversations(start: datetime, *, count: int, length: int, references: bool = True) -> list[list[MailFacts]]:
    """Each with a client of its own; every third mail is ours, found in Sent. Every mail names all before it, or only one."""
    made = []
    for talk in range(count):
        client, ids, mails = f"klient{talk}@firma{talk}.example", [], []
        for step in range(length):
            at = start + timedelta(minutes=step * count + talk)
            ours = step % 3 == 2
            rfc_id = f"t{talk}.{step}@{'acme' if ours else f'firma{talk}'}.example"
            mails.append(
                a_mail(
                    sent=ours, sender=BIURO if ours else client, to=[client] if ours else [BIURO], message_id=rfc_id,
                    references=list(ids) if references else [], in_reply_to=ids[-1:], subject=f"Temat {talk}" if not ids else f"Re: Temat {talk}",
                    received_at=at, sent_at=at,
                )
            )  # fmt: skip
            ids.append(rfc_id)
        made.append(mails)
    return made


def spread(mails: list[MailFacts], chance: random.Random) -> list[MailFacts]:
    """Shuffled, a third of them once more in another mailbox, a tenth once more with the very same bytes."""
    events = list(mails)
    for mail in mails:
        if mail.role == "inbox" and chance.random() < 0.33:
            box = chance.choice([SERWIS, SPRZEDAZ])
            events.append(mail.model_copy(update={"message_id": new_id(), "mailbox": box, "sha256": "x"}))
        if chance.random() < 0.1:
            events.append(mail.model_copy(update={"message_id": new_id(), "same_bytes_as": mail.message_id}))
    chance.shuffle(events)
    return events


@pytest.mark.parametrize("references", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_eight_shuffled_conversations_are_eight_cases(
    quick_office: Threader, seed: int, references: bool
) -> None:
    """Without References the pieces of a conversation are only joined when the mails between them arrive."""
    await check_conversations([quick_office], seed=seed, count=8, length=20, references=references)


@pytest.mark.timeout(300)
async def test_eight_conversations_at_two_replicas(start_replicas: Callable[..., Any]) -> None:
    async with start_replicas(2) as replicas:
        await check_conversations(replicas, seed=8, count=8, length=50, references=False)


async def check_conversations(
    replicas: list[Threader], *, seed: int, count: int, length: int, references: bool
) -> None:
    chance, office = random.Random(seed), replicas[0]
    await office.know_mailbox(SPRZEDAZ)
    for talk in range(count):
        await office.know_account(f"Firma {talk}", f"klient{talk}@firma{talk}.example")
    talks = conversations(office.clock.now(), count=count, length=length, references=references)
    events = spread([mail for talk in talks for mail in talk], chance)
    batches: list[list[MailFacts]] = []
    while events:
        size = chance.randint(1, 40)
        batches.append(events[:size])
        events = events[size:]
    queue = iter(batches)

    async def work(replica: Threader) -> None:
        for batch in queue:
            await hear_with_lock(replica.database, batch)

    await asyncio.gather(*(work(replica) for replica in replicas))
    listed = (await office.get("/v1/cases", limit=200))["items"]
    assert len(listed) == count
    for talk in talks:
        number = (await office.filing(talk[0].message_id))["case_number"]
        case = await office.case(number)
        assert [entry["rfc_message_id"] for entry in case["messages"]] == [mail.rfc_message_id for mail in talk]
        assert case["status"] == ("closed" if talk[-1].role == "sent" else "open")
    opened, merged = await office.announced(CaseOpened), await office.announced(CaseMerged)
    assert len(opened) - len(merged) == count
    assert bool(merged) is not references


def test_people_and_batches_wait_for_each_other() -> None:
    assert subscription(House(LOOP_MARK)).lock == FILING_LOCK


async def hear_with_lock(database: Database, mails: list[MailFacts]) -> None:
    """As the runner of a replica does: the lock of the consumer keeps batches from interleaving."""
    heard = subscription(House(LOOP_MARK))
    now = database.clock.now()
    async with database.transaction() as session:
        await database.lock(session, heard.lock)
        events = [Heard(id=new_id(), event=mail, at=now, correlation_id="test", source="/test") for mail in mails]
        await heard.handle(session, events, now)
