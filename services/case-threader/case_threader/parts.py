"""What this service is made of beside what every service has."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from case_threader.sending import ReplySender
from case_threader.sent_copies import SentCopies
from case_threader.settings import Settings
from kit.application import Parts, given_parts
from kit.smtp import SmtpSender
from kit.tokens import Caller, requires


@dataclass
class ThreaderParts(Parts):
    settings: Settings
    smtp: SmtpSender
    reply_sender: ReplySender
    sent_copies: SentCopies


The = Annotated[ThreaderParts, Depends(given_parts)]
"""The parts, as the first parameter of an endpoint."""
Reader = Annotated[Caller, Depends(requires("cases:read"))]
Writer = Annotated[Caller, Depends(requires("cases:write"))]


def author_of(caller: Caller) -> str:
    """Who did something, for the audit: `user:<id>`, else the subject of the token."""
    return f"user:{caller.user_id}" if caller.user_id is not None else caller.subject
