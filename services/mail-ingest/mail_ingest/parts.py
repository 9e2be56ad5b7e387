"""What this service is made of beside what every service has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import httpx
from fastapi import Depends

from kit.application import Parts, given_parts
from kit.egress import Egress
from kit.sealing import Seal
from kit.smtp import SmtpSender
from kit.workers import WorkerPool
from mail_ingest.access_tokens import AccessTokens
from mail_ingest.account_book import AccountBook
from mail_ingest.intake import Intake
from mail_ingest.measures import Measures
from mail_ingest.probing import Prober
from mail_ingest.pushing import PushQueue
from mail_ingest.raw_store import RawStore
from mail_ingest.recovering import Recovery
from mail_ingest.sent_copies import SentFolders
from mail_ingest.settings import Settings
from mail_ingest.sources.mailboxes import Mailboxes


@dataclass
class MailIngestParts(Parts):
    settings: Settings
    seal: Seal
    egress: Egress
    outbound: httpx.AsyncClient
    tokens: AccessTokens
    smtp: SmtpSender
    prober: Prober
    workers: WorkerPool
    raw_store: RawStore
    accounts: AccountBook
    measures: Measures
    intake: Intake
    pushes: PushQueue
    recovery: Recovery
    mailboxes: Mailboxes
    sent_folders: SentFolders


The = Annotated[MailIngestParts, Depends(given_parts)]
"""The parts, as the first parameter of an endpoint."""
