from __future__ import annotations

from case_threader.evidence import Evidence, KnownCase
from case_threader.mails import ReadMail
from case_threader.verdicts import Verdict, append, new, unassigned


def own_tag(mail: ReadMail, evidence: Evidence) -> Verdict | None:
    """Our tag of an existing case: the last one in the subject, however old, from whatever address (features C13-C15, C43).

    Numbers are guessable and travel in clear (Zammad #2444, reliability D15), so the sender must have something to do
    with the case. A client of another account gets a case of his own that mentions the tagged one. A stranger with
    nothing but a tag waits for a person, or is let in unverified where the settings say so.
    """
    tagged = [case for case in map(evidence.case_numbered, mail.tag_numbers) if case is not None]
    if not tagged:
        return None
    for case in reversed(tagged):
        confirmed_by = _confirmation(mail, case, evidence)
        if confirmed_by is not None:
            others = tuple(dict.fromkeys(other.number for other in tagged if other is not case))
            return append("own_tag", confirmed_by, case.id, mentions=others, evidence={"tag": case.number})
    case = tagged[-1]
    accounts = evidence.accounts_of(mail.sender)
    if len(accounts) == 1 and not mail.is_by_machine:
        account_id = accounts.pop()
        if evidence.has_opened_too_many(mail.sender, mail.wording):
            return unassigned("own_tag", "too_many_new_cases", suggested_case_id=case.id)
        return new(
            "own_tag", "tag_of_another_account", account_id=account_id,
            contact_id=evidence.contact_of(mail.sender, account_id), mentions=(case.number,), evidence={"tag": case.number},
        )  # fmt: skip
    if evidence.settings.tag_from_strangers == "append":
        return append("own_tag", "tag_alone", case.id, verified=False, evidence={"tag": case.number})
    return unassigned("own_tag", "tag_alone", suggested_case_id=case.id, evidence={"tag": case.number})


def _confirmation(mail: ReadMail, case: KnownCase, evidence: Evidence) -> str | None:
    """What shows that the mail belongs to the case it names; None when nothing does."""
    if mail.is_sent:
        return "sent_by_us"
    if evidence.takes_part(mail.sender, case):
        return "sender_takes_part"
    if case.account_id is not None and case.account_id in evidence.accounts_of(mail.sender):
        return "sender_of_the_account"
    if evidence.is_ours(mail.sender):
        return "sender_is_ours"
    if _is_referred_to(mail, case, evidence):
        return "reference_confirms"
    if mail.facts.authentication.verdict == "passed" and evidence.is_of_domain(mail.sender, case.account_id):
        return "authenticated_domain_of_the_account"
    return None


def _is_referred_to(mail: ReadMail, case: KnownCase, evidence: Evidence) -> bool:
    return any(
        evidence.live_case(known.case_id) is case
        for ancestor in mail.ancestors
        for known in evidence.mails_bearing(ancestor)
    )
