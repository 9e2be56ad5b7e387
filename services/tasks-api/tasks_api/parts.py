"""What this service is made of beside what every service has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends

from kit.application import Parts, given_parts
from kit.database import AsyncSession
from kit.smtp import SmtpSender
from kit.workers import WorkerPool
from tasks_api.desk import CONSUMER, Desk
from tasks_api.letter_sending import LetterSender
from tasks_api.passwords import Passwords
from tasks_api.remembered_texts import RememberedTexts
from tasks_api.settings import Settings
from tasks_api.sights import Sights
from tasks_api.signing_in import SignIn
from tasks_api.signing_keys import SigningKeys


@dataclass
class TasksParts(Parts):
    settings: Settings
    keys: SigningKeys
    passwords: Passwords
    sign_in: SignIn
    desk: Desk
    workers: WorkerPool
    smtp: SmtpSender
    letter_sender: LetterSender
    sights: Sights
    task_texts: RememberedTexts = field(default_factory=RememberedTexts)

    @asynccontextmanager
    async def deciding(self) -> AsyncIterator[AsyncSession]:
        """A transaction in which people decide about invitations: it waits its turn behind those that mail decides in.

        Otherwise two of them could make the first task of one UID at the same time, and one would fail.
        """
        async with self.database.transaction() as session:
            await self.database.lock(session, f"consumer.{CONSUMER}")
            yield session


The = Annotated[TasksParts, Depends(given_parts)]
"""The parts, as the first parameter of an endpoint."""
