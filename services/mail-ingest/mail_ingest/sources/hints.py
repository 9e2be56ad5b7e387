"""What the large providers want of whoever reads mail by IMAP, said where a login fails (ecosystem 0.4-0.6, 2.1). Pure."""

from __future__ import annotations

_MICROSOFT = ("outlook.office365.com", "outlook.com", "smtp.office365.com", "office365.com")
_GOOGLE = ("gmail.com", "googlemail.com", "google.com")
_NAZWA = ("nazwa.pl",)

LINKS_INSTEAD_OF_INVITATIONS = (
    "The newest mails about meetings have no calendar part. Microsoft 365 sends a link in its place until an administrator runs "
    "Set-CASMailbox <mailbox> -ImapUseProtocolDefaults $false -ImapForceICalForCalendarRetrievalOption $true."
)


def sign_in_hint(host: str, *, with_password: bool) -> str:
    """A sentence to add to a refusal; empty when there is nothing to add."""
    if _is_of(host, _MICROSOFT):
        if with_password:
            return "Microsoft 365 takes no passwords for IMAP; use OAuth 2 (auth kind oauth2)."
        return "In Microsoft 365 IMAP has to be switched on for the mailbox, and consent given to the application."
    if _is_of(host, _GOOGLE) and with_password:
        return "Google takes an app password here (it needs 2-step verification), not the password of the account."
    if _is_of(host, _NAZWA):
        return (
            "With 2-step sign-in nazwa.pl wants the IP address of this machine authorised, and the permission expires."
        )
    return ""


def _is_of(host: str, domains: tuple[str, ...]) -> bool:
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in domains)
