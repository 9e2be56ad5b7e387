"""Whether HTML is small enough to be cleaned: one linear look at its tags before a parser of trees gets it (reliability D7).

The cleaner takes 85 s for 500 kB of nested `<div>`, 8 s for one tag of 100,000 attributes and makes 30 MB of a page whose bold
text never ends and is repeated in every paragraph. None of these was written by a person.
"""

from __future__ import annotations

import re

from mail_ingest.parsing.limits import Limits

_MOST_ATTRIBUTES = 500  # of one tag
_MOST_REPETITIONS = 400_000  # open formatting elements, summed over all tags: a parser opens them again in every block
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})|<!--")
_ATTRIBUTE = re.compile(r"[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"'][^\s>]*)?)?")
_TAG_END = re.compile(r"[\s/]*>")
_NOT_NESTING = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "param", "source",
    "track", "wbr",
})  # fmt: skip
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)


def is_within(html: str, limits: Limits) -> bool:
    """Whether size, number of tags, attributes and nesting are what a cleaner can take in well under a second."""
    if len(html) > limits.html_bytes:
        return False
    tags = depth = open_formatting = repetitions = 0
    at = 0
    while (tag := _TAG.search(html, at)) is not None:
        if tag[2] is None:
            closing = html.find("-->", tag.end())
            at = closing if closing != -1 else len(html)
            continue
        after = _after_attributes(html, tag.end())
        if after is None:
            return False
        at = after
        name = tag[2].lower()
        step = -1 if tag[1] else 1
        tags += 1
        if name in _FORMATTING:
            open_formatting = max(0, open_formatting + step)
        if name not in _NOT_NESTING:
            depth = max(0, depth + step)
        repetitions += open_formatting
        if tags > limits.html_tags or depth > limits.html_depth or repetitions > _MOST_REPETITIONS:
            return False
    return True


def _after_attributes(html: str, at: int) -> int | None:
    """Where a tag ends; None when it has too many attributes. Quotes are followed, for a `>` inside them ends nothing."""
    for _ in range(_MOST_ATTRIBUTES):
        if (end := _TAG_END.match(html, at)) is not None:
            return end.end()
        attribute = _ATTRIBUTE.match(html, at)
        if attribute is None:
            return len(html)  # the page ends within the tag
        at = attribute.end()
        if html[at : at + 1] in ('"', "'") and html[at - 1] in "= \t\r\n\f":
            return len(html)  # a quote that never closes swallows the rest
    return None
