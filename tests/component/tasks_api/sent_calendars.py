"""Mails of ours with a calendar in them, opened as the other side opens them."""

from __future__ import annotations

from email.message import EmailMessage

from contracts.calendar import Component
from ical.reading import read_calendar


def calendar_in(mail: EmailMessage) -> tuple[str | None, list[Component]]:
    """The calendar of a mail as a program finds it, after checking how it is wrapped (RFC 6047 section 2.4)."""
    assert mail.get_content_type() == "multipart/mixed"
    alternative, file = mail.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    words, calendar = alternative.iter_parts()
    assert (words.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
    assert calendar.get_content_charset() == "utf-8"
    data = calendar.get_payload(decode=True)
    assert (file.get_filename(), file.get_payload(decode=True)) == ("invite.ics", data)
    (found,) = read_calendar(data, account_timezone="Europe/Warsaw").calendars
    assert calendar.get_param("method") == found.method
    return found.method, list(found.components)
