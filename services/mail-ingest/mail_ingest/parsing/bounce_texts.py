"""What bounces say in plain words: subjects, sentences and the addresses they name."""

from __future__ import annotations

import re

_SEARCHED = 20_000


def _one_of(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


_FAILED_SUBJECT = _one_of(
    r"undeliver(?:ed|able)", r"delivery (?:has )?fail", r"mail delivery", r"delivery (?:status )?notification",
    r"delivery (?:error|problem|failure|report)", r"failure notice", r"failed mail",
    r"returned (?:mail|to sender)", r"returning message",
    r"mail (?:system )?error", r"could not (?:be )?deliver", r"not delivered", r"non[- ]?(?:delivery|remis)",
    r"rejected:", r"mail failure",
    r"user unknown", r"niedostarczon", r"nie (?:można|udało się) dostarczy[ćc]", r"niedor[ęe]cz",
    r"zwrot (?:wiadomo[śs]ci|poczty)",
    r"b[łl][ąa]d dostarcz", r"unzustellbar", r"nicht zugestellt", r"zustellung", r"non remis",
    r"no se (?:puede|pudo) entregar",
    r"mancato recapito", r"недоставлен", r"не доставлен",
)  # fmt: skip
_SUBJECT_OF_SERVERS = _one_of(
    r"undeliver(?:ed|able)", r"returned (?:mail|to sender)", r"failure notice", r"mail (?:system )?error", r"delivery failure",
    r"mail delivery (?:fail|system|status)", r"delivery (?:status )?notification ?[(:]", r"non[- ]?delivery",
    r"(?:mail|message) could not", r"niedostarczon", r"unzustellbar",
)  # fmt: skip
_DELAYED = _one_of(
    r"\bdelay(?:ed)?\b", r"still (?:being )?(?:retried|trying|undelivered|in the queue)",
    r"will (?:be retried|retry|keep trying)",
    r"will continue to (?:try|be attempted)", r"delivery attempts will continue", r"temporarily deferred",
    r"warning: (?:could not send|message)", r"could not send message for past", r"no action is required on your part",
    r"has not yet been delivered", r"opóźni", r"ponawia", r"kolejne próby", r"verz(?:ö|oe)gert", r"en retard",
)  # fmt: skip
_DELIVERED = _one_of(
    r"(?:successfully|was|been) (?:relayed|delivered)(?: to| successfully)", r"return receipt",
    r"successful mail delivery",
    r"dostarczono pomyślnie",
)  # fmt: skip
_FAILED_TEXT = _one_of(
    r"permanent(?:ly)? (?:fatal )?(?:error|fail)", r"i've given up", r"giving up",
    r"could(?: not|n't) be delivered", r"unable to deliver",
    r"undeliverable", r"was(?: not|n't) delivered", r"not be delivered", r"delivery (?:has )?failed",
    r"no such user", r"user unknown",
    r"does not exist", r"unknown user", r"mailbox (?:is )?(?:full|unavailable)",
    r"recipient (?:address )?rejected", r"unrouteable address",
    r"550[ -]", r"5\.\d\.\d", r"nie (?:mog[łl]a|została|udało|istnieje)", r"niedostarczon", r"unzustellbar",
)  # fmt: skip
_QMAIL_GREETING = _one_of(
    r"this is the (?:qmail-send program|mail delivery agent at|mail delivery system|mail delivery status)",
    r"hi\. this is the",
)
_BELOW = re.compile(
    r"^(?:-{2,} ?(?:below this line is a copy|this is a copy|the body of the message|original message|forwarded message"
    r"|returned message|begin message|unsent message)|message-id:|received: from )",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}"
_PARAGRAPH = re.compile(
    rf"^[ \t]{{0,8}}<({_ADDRESS})>(?:[ \t]*\([^()\n]{{0,200}}\))?[ \t]*:?[ \t]*(?:\r?$|[A-Za-z0-9])", re.MULTILINE
)
_INDENTED = re.compile(rf"^[ \t]{{1,8}}<?({_ADDRESS})>?[ \t]*$", re.MULTILINE)
_ANNOUNCED = _one_of(
    r"(?:following|these|permanent fatal) (?:address|recipient|errors)", r"to the following", r"did not reach",
    r"addresses? (?:had|failed)",
    r"recipient\(s\)", r"not (?:yet )?been delivered is", r"następując", r"nast\. adres", r"folgende",
)  # fmt: skip
MOST_NAMED = 100


def is_bounce_subject(subject: str) -> bool:
    return _FAILED_SUBJECT.search(subject[:500]) is not None or _DELAYED.search(subject[:500]) is not None


def is_subject_of_servers(subject: str) -> bool:
    """Whether the subject *begins* as servers write it; an answer of a person begins with `Re:`."""
    return _SUBJECT_OF_SERVERS.match(subject[:200].lstrip("* ")) is not None


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
