"""A mail of ours as bytes: what every service writes the same way lies in the kit."""

from kit.outgoing_mail import File, Mailbox, OutgoingMail, UnsafeValue, mail_bytes, wire_address

__all__ = ["File", "Mailbox", "OutgoingMail", "UnsafeValue", "mail_bytes", "wire_address"]
