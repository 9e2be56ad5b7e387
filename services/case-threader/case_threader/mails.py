"""A mail as the rules read it: the facts of mail-ingest and what follows from them alone."""

from __future__ import annotations

import hashlib
import re

from case_threader.case_settings import CaseSettings
from case_threader.fingerprints import identity_of
from case_threader.message_ids import ancestors, index_key
from case_threader.subject_tags import own_tags, without_own_tags
from case_threader.subjects import title_of
from contracts.mail import FolderRole, MailFacts

_DIGITS = re.compile(r"\d+")


class ReadMail:
    """Worked out once, since several rules ask and thousands of mails pass.

    `person` wrote it: From, or behind a web form its Reply-To (features C41). `sender` is the canonical address of that person,
    empty when nobody usable is named. `is_sent`: it lay in a folder for sent mail, so somebody of
    ours wrote it; a From of ours proves nothing. `ancestors` are the mails it answers, nearest first; `reported` those a
    delivery report is about, the surest first. `tag_numbers` are the numbers in our tags in the subject, in their order.
    """

    __slots__ = (
        "_title", "_wording", "ancestors", "facts", "identity", "is_by_machine", "is_sent", "own_id", "person", "recipients",
        "reported", "sender", "settings", "tag_numbers",
    )  # fmt: skip

    def __init__(self, facts: MailFacts, settings: CaseSettings) -> None:
        self.facts = facts
        self.settings = settings
        is_form = bool(settings.sender_from_reply_to) and _is_of_a_form(facts, settings)
        self.person = facts.reply_to[0] if is_form else facts.sender
        self.sender = self.person.email if self.person is not None else ""
        self.is_sent = facts.role is FolderRole.SENT
        self.is_by_machine = (facts.written_by_machine and not is_form) or facts.report is not None
        self.own_id = index_key(facts.rfc_message_id) if facts.rfc_message_id else None
        self.ancestors = ancestors(facts.rfc_message_id, facts.in_reply_to, facts.references)
        about = facts.report.original_message_ids if facts.report is not None else ()
        self.reported = list(dict.fromkeys(index_key(each) for each in about if each))
        self.tag_numbers = [tag.number for tag in own_tags(facts.mail_subject, settings.prefixes)]
        self.identity = identity_of(facts)
        people = (*facts.to, *facts.cc, *facts.bcc)
        self.recipients = list(dict.fromkeys(person.email for person in people if person.email))
        self._title: str | None = None
        self._wording: str | None = None

    @property
    def enclosed_tag_numbers(self) -> list[int]:
        """The numbers in our tags in the subject of the mail that a delivery report is about."""
        subject = (self.facts.report.original_subject if self.facts.report else None) or ""
        return [tag.number for tag in own_tags(subject, self.settings.prefixes)]

    @property
    def title(self) -> str:
        """The title of the case it would open: without reply prefixes, without our tags, with those of others."""
        if self._title is None:
            self._title = title_of(without_own_tags(self.facts.mail_subject, self.settings.prefixes))
        return self._title

    @property
    def wording(self) -> str:
        """A digest of the title without digits: what a robot repeats."""
        if self._wording is None:
            words = _DIGITS.sub("", self.title.casefold()).encode("utf-8", "surrogatepass")
            self._wording = hashlib.blake2b(words, digest_size=8).hexdigest()
        return self._wording


def _is_of_a_form(facts: MailFacts, settings: CaseSettings) -> bool:
    """Whether a web form wrote it for somebody: the settings name its From, and there is a Reply-To."""
    if facts.sender is None or not facts.reply_to or facts.role is FolderRole.SENT:
        return False
    return facts.sender.email in settings.sender_from_reply_to
