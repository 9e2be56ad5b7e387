"""A copy of what Goniec sent, put into the folder Sent of its mailbox: the one thing this service ever writes to a mail server.

Gmail and Microsoft 365 keep a copy of what passes through their SMTP by themselves, others do not; so the account says whether it
is wanted, and the folder is asked for the Message-ID first.
"""

from __future__ import annotations

from uuid import UUID

from mail_ingest.account_keeping import server_of
from mail_ingest.errors import MailboxOutOfReach, NoSentFolder
from mail_ingest.models import MailAccount
from mail_ingest.sources.health import MailboxReport
from mail_ingest.sources.imap_connection import ImapConnection
from mail_ingest.sources.imap_errors import FolderUnusable, MailServerError
from mail_ingest.sources.mailbox import FetchingParts
from mail_ingest.sources.sign_in import LoginGate, imap_server


class SentFolders:
    """A connection of its own for each copy: the others stand in IDLE and are open for reading only."""

    def __init__(self, parts: FetchingParts) -> None:
        self._parts = parts

    async def keep(self, account: MailAccount, raw: bytes, *, rfc_message_id: str) -> bool:
        """Append the mail as read, unless one of this Message-ID lies there; whether it was appended.

        Raises NoSentFolder, MailboxOutOfReach, SecretsLocked.
        """
        server = server_of(account, "imap", self._parts.seal)
        folder = _sent_folder(server) if server is not None else None
        if server is None or folder is None:
            raise NoSentFolder(account.id)
        gate = self._gate(account.id, account.address)
        try:
            await gate.check()
            connection = await ImapConnection.connect(
                imap_server(server), egress=self._parts.egress, largest_mail=len(raw), tls=self._parts.tls
            )
            try:
                await gate.login(connection, server["auth"], folder=folder)
                await connection.examine(folder)
                if await connection.holds(rfc_message_id):
                    return False
                await connection.append(folder, raw)
                return True
            finally:
                await connection.close()
        except FolderUnusable as error:
            raise NoSentFolder(account.id, error.sentence) from error
        except MailServerError as error:
            raise MailboxOutOfReach(error.sentence) from error

    def _gate(self, account_id: UUID, address: str) -> LoginGate:
        """Refused logins count with those of the reading connections (reliability A8)."""
        parts = self._parts
        report = MailboxReport(account_id, address, database=parts.database, clock=parts.clock, measures=parts.measures)
        return LoginGate(
            account_id, report, parts.tokens, clock=parts.clock, per_hour=parts.settings.imap_logins_per_hour
        )


def _sent_folder(server: dict[str, object]) -> str | None:
    folders = server["folders"]
    assert isinstance(folders, list)
    return next((folder["name"] for folder in folders if folder["role"] == "sent"), None)
