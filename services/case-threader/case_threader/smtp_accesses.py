"""How the mail of an account is handed over: the same for every service that sends."""

from kit.smtp_accesses import NoAccess, SmtpAccesses

__all__ = ["NoAccess", "SmtpAccesses"]
