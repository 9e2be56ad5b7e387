"""The rules by which a mail finds its place, in order (DESIGN 5, reference/cases.md section 4).

Each asks one question about one mail and answers with a verdict or nothing. The first answer counts, and carries the
name of its rule, so that "why is this mail here?" can be answered.
"""

from __future__ import annotations

from collections.abc import Callable

from case_threader.evidence import Evidence
from case_threader.mails import ReadMail
from case_threader.rules.delivery_report import delivery_report
from case_threader.rules.forged_own_address import forged_own_address
from case_threader.rules.history import history
from case_threader.rules.internal_mail import internal_mail
from case_threader.rules.known_recipient import known_recipient
from case_threader.rules.known_sender import known_sender
from case_threader.rules.mentioned_before import mentioned_before
from case_threader.rules.own_mail import own_mail
from case_threader.rules.own_tag import own_tag
from case_threader.rules.references import references
from case_threader.rules.reopen_window import within_reopen_window
from case_threader.rules.same_mail import same_mail
from case_threader.rules.same_subject import same_subject
from case_threader.rules.shared_ancestor import shared_ancestor
from case_threader.rules.thread_index import thread_index
from case_threader.rules.waiting_thread import waiting_thread
from case_threader.verdicts import Verdict, unassigned

Rule = Callable[[ReadMail, Evidence], Verdict | None]

RULES: tuple[Rule, ...] = (
    own_mail,            # our own mail comes back: the copy in Sent, or a loop
    same_mail,           # the same mail in another mailbox, or once more
    forged_own_address,  # it claims our domain, and our own server found that to be false
    delivery_report,     # a bounce or receipt for a mail of ours; of a mail we never sent: set aside
    own_tag,             # our tag in the subject, and a sender who has something to do with the case
    references,          # an ancestor that is in a case
    mentioned_before,    # a mail filed earlier answers this one, which only now arrives
    shared_ancestor,     # both answer a mail we never saw, and the sender takes part
    thread_index,        # Outlook's conversation, and the sender takes part
    same_subject,        # where the settings want it: the only open case of that subject, and the sender takes part
    history,             # brought in by an import: remembered, opens nothing
    internal_mail,       # sent among our own people, about no case
    known_recipient,     # we wrote to an account about something new: open a case
    waiting_thread,      # it belongs with a mail that waits for a person
    known_sender,        # an account we know writes about something new: open a case
)  # fmt: skip


def choose_case(mail: ReadMail, evidence: Evidence) -> Verdict:
    """Where the mail belongs. When no rule speaks, it waits among the unassigned for a person."""
    for rule in RULES:
        verdict = rule(mail, evidence)
        if verdict is not None:
            return within_reopen_window(verdict, mail, evidence)
    return unassigned("unassigned", "unknown_sender" if mail.sender else "no_sender")
