"""Templates: text with `{{placeholders}}` from a fixed list and nothing else, so that no template can run, hang or inject.

reliability D8, D9: no expressions, no filters, no loops; a value is put in once and never looked at again.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from reminder_dispatcher.merge_fields import BY_NAME, Facts, Manner
from reminder_dispatcher.sms_segments import folded, shortened, sms_size

MAX_VALUE = 2_000
"""Characters of one value that are put into a text; a longer description is cut."""
MAX_SUBJECT = 400

_PLACEHOLDER = re.compile(r"\{\{([^{}]{0,60})\}\}")
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a template that cannot be accepted; `part` is `subject`, `body` or `html`."""

    part: str
    detail: str


def faults_of(part: str, text: str) -> Iterator[Fault]:
    """What is wrong with the placeholders of one part (features R82: unknown ones are refused when saved)."""
    for match in _PLACEHOLDER.finditer(text):
        name = _name(match[1])
        if name not in BY_NAME:
            yield Fault(part, _unknown(name))
    leftover = _LEFTOVER.search(_PLACEHOLDER.sub("", text))
    if leftover is not None:
        yield Fault(
            part,
            f"{leftover[0]} stands alone. A placeholder is written {{{{name}}}}; expressions and blocks do not exist here.",
        )


def placeholders(text: str) -> list[str]:
    """The names of the merge fields a text uses, in order, each once, by their English names."""
    names = (_name(match[1]) for match in _PLACEHOLDER.finditer(text))
    return list(dict.fromkeys(BY_NAME[name].name for name in names if name in BY_NAME))


def empty_fields(text: str, facts: Facts) -> list[str]:
    """The merge fields that would be written as nothing (features R82: that is allowed, and told)."""
    return [name for name in placeholders(text) if not BY_NAME[name].value(facts, Manner())]


def subject_text(template: str, facts: Facts, manner: Manner) -> str:
    """One line for a mail header: no control characters, no line ends, at most 400 characters (reliability D9)."""
    return _one_line(_filled(template, facts, manner, _one_line))[:MAX_SUBJECT]


def plain_text(template: str, facts: Facts, manner: Manner) -> str:
    """Text with line ends as `\\n`."""
    return _filled(_unified(template), facts, manner, _unified)


def html_text(template: str, facts: Facts, manner: Manner) -> str:
    """HTML of the template's author with values that cannot become markup."""
    return _filled(
        _unified(template), facts, manner, lambda value: html.escape(_unified(value)).replace("\n", "<br>\n")
    )


@dataclass(frozen=True, slots=True)
class Sms:
    text: str
    encoding: Literal["GSM-7", "UCS-2"]
    segments: int
    was_shortened: bool


def sms_text(template: str, facts: Facts, manner: Manner, *, fold: bool, max_segments: int) -> Sms:
    """The text of an SMS; one that needs more than `max_segments` is cut, and says so in `was_shortened`."""
    whole = _filled(_unified(template), facts, manner, lambda value: _BLANKS.sub(" ", _unified(value))).strip()
    if fold:
        whole = folded(whole)
    text, size = whole, sms_size(whole)
    if size.segments > max_segments:
        text = shortened(whole, segments=max_segments)
        size = sms_size(text)
    return Sms(text, size.encoding, size.segments, was_shortened=text != whole)


def _filled(template: str, facts: Facts, manner: Manner, write: Callable[[str], str]) -> str:
    def value(match: re.Match[str]) -> str:
        field = BY_NAME.get(_name(match[1]))
        return write(field.value(facts, manner)[:MAX_VALUE].strip()) if field else ""

    return _PLACEHOLDER.sub(value, template)


def _name(inside: str) -> str:
    return inside.strip().lower()


def _unified(text: str) -> str:
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", _unified(text)).strip()


def _unknown(name: str) -> str:
    nearest = get_close_matches(name, BY_NAME, n=1, cutoff=0.6)
    hint = f" Did you mean {{{{{nearest[0]}}}}}?" if nearest else " GET /v1/merge-fields lists those there are."
    return f"There is no merge field {{{{{name}}}}}.{hint}"
