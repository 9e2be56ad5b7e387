"""What bounces say in plain words: subjects, sentences and the addresses they name."""

from __future__ import annotations

import re

_SEARCHED = 20_000

_FAILED_SUBJECT = re.compile(
    r"undeliver(?:ed|able)|delivery (?:has )?fail|mail delivery|delivery (?:status )?notification|delivery (?:error|problem|failure|report)"
    r"|failure notice|failed mail|returned (?:mail|to sender)|returning message|mail (?:system )?error|could not (?:be )?deliver"
    r"|not delivered|non[- ]?(?:delivery|remis)|message status - undeliver|rejected:|mail failure|user unknown|undelivered"
    r"|niedostarczon|nie (?:można|udało się) dostarczy[ćc]|niedor[ęe]cz|zwrot (?:wiadomo[śs]ci|poczty)|b[łl][ąa]d dostarcz"
    r"|unzustellbar|nicht zugestellt|zustellung|non remis|no se (?:puede|pudo) entregar|mancato recapito|недоставлен|не доставлен",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bdelay(?:ed)?\b|still (?:being )?(?:retried|trying|undelivered|in the queue)|will (?:be retried|retry|keep trying|continue trying)"
    r"|will continue to (?:try|be attempted)|delivery attempts will continue|temporarily deferred|warning: (?:could not send|message)"
    r"|could not send message for past|no action is required on your part|has not yet been delivered"
    r"|opóźni|ponawia|kolejne próby|verzögert|verzoegert|en retard",
    re.IGNORECASE,
)
_DELIVERED = re.compile(
    r"(?:successfully|was|been) (?:relayed|delivered)(?: to| successfully)|return receipt|successful mail delivery|dostarczono pomyślnie",
    re.IGNORECASE,
)
_FAILED_TEXT = re.compile(
    r"permanent(?:ly)? (?:fatal )?(?:error|fail)|this is a permanent error|i've given up|giving up|could not be delivered|couldn't be delivered"
    r"|unable to deliver|undeliverable|was not delivered|wasn't delivered|not be delivered|delivery (?:has )?failed|no such user|user unknown"
    r"|does not exist|unknown user|mailbox (?:is )?(?:full|unavailable)|recipient (?:address )?rejected|unrouteable address|550[ -]|5\.\d\.\d"
    r"|nie (?:mog[łl]a|została|udało|istnieje)|niedostarczon|unzustellbar",
    re.IGNORECASE,
)
_QMAIL_GREETING = re.compile(
    r"this is the (?:qmail-send program|mail delivery agent at|mail delivery system|mail delivery status)|hi\. this is the",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"^(?:-{2,} ?(?:below this line is a copy|this is a copy|the body of the message|original message|forwarded message|returned message"
    r"|begin message|unsent message)|message-id:|received: from )",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}"
_PARAGRAPH = re.compile(
    rf"^[ \t]{{0,8}}<({_ADDRESS})>(?:[ \t]*\([^()\n]{{0,200}}\))?[ \t]*:?[ \t]*(?:\r?$|[A-Za-z0-9])", re.MULTILINE
)
_INDENTED = re.compile(rf"^[ \t]{{1,8}}<?({_ADDRESS})>?[ \t]*$", re.MULTILINE)
_ANNOUNCED = re.compile(
    r"(?:following|these|permanent fatal) (?:address|recipient|errors)|to the following|did not reach|addresses? (?:had|failed)"
    r"|recipient\(s\)|not (?:yet )?been delivered is|następując|nast\. adres|folgende", re.IGNORECASE
)  # fmt: skip
MOST_NAMED = 100


def is_bounce_subject(subject: str) -> bool:
    return _FAILED_SUBJECT.search(subject[:500]) is not None or _DELAYED.search(subject[:500]) is not None


def action_said(subject: str, text: str) -> str | None:
    """`failed`, `delayed` or `delivered`, by the words of the server's own text, not those of the copy below it."""
    own_words = _own_words(text)
    if _DELAYED.search(subject[:500]):
        return "delayed"
    failed = _FAILED_TEXT.search(own_words)
    delayed = _DELAYED.search(own_words)
    if delayed and (failed is None or delayed.start() < failed.start() or "permanent" not in own_words.lower()):
        return "delayed"
    if failed or _FAILED_SUBJECT.search(subject[:500]):
        return "failed" if failed or not _DELIVERED.search(own_words) else "delivered"
    return "delivered" if _DELIVERED.search(own_words) else None


def recipients_named(text: str) -> list[str]:
    """The addresses a bounce complains about, as qmail (`<a@b>:`) and Exim (indented below an announcement) write them."""
    own_words = _own_words(text)
    found: list[str] = []
    if _QMAIL_GREETING.search(own_words) or _FAILED_TEXT.search(own_words) or _DELAYED.search(own_words):
        found = _PARAGRAPH.findall(own_words)
        announced = _ANNOUNCED.search(own_words)
        if not found and announced:
            found = _INDENTED.findall(own_words, announced.end())
    return [address.lower() for address in dict.fromkeys(found)][:MOST_NAMED]


def _own_words(text: str) -> str:
    head = text[:_SEARCHED]
    below = _BELOW.search(head)
    return head[: below.start()] if below else head
