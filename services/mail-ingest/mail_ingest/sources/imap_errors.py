"""How talking to a mail server can fail; each error knows whether trying again by itself can help."""

from __future__ import annotations


class MailServerError(Exception):
    """Something went wrong between us and a mail server; `code` is stable, the text is a sentence for people."""

    code = "mail_server_error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class HostForbidden(MailServerError):
    """The name leads to an address we may not connect to (reliability D6)."""

    code = "host_forbidden"


class Unreachable(MailServerError):
    code = "unreachable"


class TlsFailed(MailServerError):
    code = "tls_failed"


class NotAMailServer(MailServerError):
    """The greeting is not the one of an IMAP server that wants a login."""

    code = "unexpected_greeting"


class ServerBusy(MailServerError):
    """The server said that it cannot serve us now: [UNAVAILABLE], [INUSE], [LIMIT], BYE before we are signed in."""

    code = "server_busy"


class LoginRefused(MailServerError):
    """User name, password or token are wrong, or this kind of sign-in is not allowed. Not to be repeated quickly."""

    code = "login_refused"


class CommandRefused(MailServerError):
    """NO or BAD; the connection goes on."""

    code = "command_refused"


class FolderUnusable(MailServerError):
    code = "folder_unusable"


class ConnectionBroken(MailServerError):
    """The connection ended or answers no more; what was asked last may or may not have happened."""

    code = "connection_lost"


class TooSlow(ConnectionBroken):
    """A deadline passed; the connection was given up."""

    code = "deadline"
