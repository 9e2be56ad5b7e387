"""The tables of this service."""

from case_threader.models.base import metadata
from case_threader.models.cases import CaseChange, CaseEvent, CaseRow, Counter, Participant, SettingsRow
from case_threader.models.directory import Account, Contact, Employee, KnownAddress, MailAccount
from case_threader.models.messages import Filing, KnownId, Message
from case_threader.models.replies import Reply
from case_threader.models.saved_replies import SavedReply
from case_threader.models.wordings import ReplyTemplate, Signature

__all__ = [
    "Account",
    "CaseChange",
    "CaseEvent",
    "CaseRow",
    "Contact",
    "Counter",
    "Employee",
    "Filing",
    "KnownAddress",
    "KnownId",
    "MailAccount",
    "Message",
    "Participant",
    "Reply",
    "ReplyTemplate",
    "SavedReply",
    "SettingsRow",
    "Signature",
    "metadata",
]
