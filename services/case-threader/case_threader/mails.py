"""A mail as the rules read it: the facts of mail-ingest and what follows from them alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from case_threader.case_settings import CaseSettings
from case_threader.fingerprints import identity_of
from case_threader.message_ids import ancestors, index_key
from case_threader.subject_tags import own_tags, without_own_tags
from case_threader.subjects import title_of
from contracts.mail import FolderRole, MailFacts


@dataclass(frozen=True)
class ReadMail:
    facts: MailFacts
    settings: CaseSettings

    @cached_property
    def sender(self) -> str:
        """The sender's address, canonical; empty when nobody usable is named."""
        return self.facts.sender.email if self.facts.sender else ""

    @cached_property
    def is_sent(self) -> bool:
        """It lay in a folder for sent mail, so somebody of ours wrote it. A From of ours proves nothing."""
        return self.facts.role is FolderRole.SENT

    @cached_property
    def own_id(self) -> str | None:
        return index_key(self.facts.rfc_message_id) if self.facts.rfc_message_id else None

    @cached_property
    def ancestors(self) -> list[str]:
        """The mails this one answers, nearest first."""
        return ancestors(self.facts.rfc_message_id, self.facts.in_reply_to, self.facts.references)

    @cached_property
    def reported(self) -> list[str]:
        """The mails a delivery report is about, the surest first."""
        ids = self.facts.report.original_message_ids if self.facts.report else []
        return list(dict.fromkeys(index_key(each) for each in ids if each))

    @cached_property
    def tag_numbers(self) -> list[int]:
        """The case numbers in our tags in the subject, in the order in which they stand there."""
        return [tag.number for tag in own_tags(self.facts.mail_subject, self.settings.prefixes)]

    @cached_property
    def enclosed_tag_numbers(self) -> list[int]:
        """The same in the subject of the mail that a delivery report is about."""
        subject = (self.facts.report.original_subject if self.facts.report else None) or ""
        return [tag.number for tag in own_tags(subject, self.settings.prefixes)]

    @cached_property
    def identity(self) -> str | None:
        return identity_of(self.facts)

    @cached_property
    def recipients(self) -> list[str]:
        people = (*self.facts.to, *self.facts.cc, *self.facts.bcc)
        return list(dict.fromkeys(person.email for person in people if person.email))

    @cached_property
    def title(self) -> str:
        """The title of the case it would open: without reply prefixes, without our tags, with those of others."""
        return title_of(without_own_tags(self.facts.mail_subject, self.settings.prefixes))

    @cached_property
    def wording(self) -> str:
        """A digest of the title without digits: what a robot repeats."""
        words = "".join(character for character in self.title.casefold() if not character.isdigit())
        return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    @cached_property
    def is_by_machine(self) -> bool:
        return self.facts.written_by_machine or self.facts.report is not None
