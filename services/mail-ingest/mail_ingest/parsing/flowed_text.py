"""Paragraphs of `format=flowed` text made whole again (RFC 3676)."""

from __future__ import annotations


def unflowed(text: str, *, delete_space: bool) -> str:
    """Soft line breaks removed, quoting kept; `delete_space` is the parameter DelSp, for languages without blanks."""
    paragraphs: list[str] = []
    paragraph: list[str] = []
    depth_of_paragraph = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffed, section 4.4
        is_signature = content == "-- "
        if paragraph and (depth != depth_of_paragraph or is_signature):
            paragraphs.append("".join(paragraph))
            paragraph = []
        if not paragraph:
            depth_of_paragraph = depth
            paragraph.append(f"{'>' * depth} " if depth else "")
        is_soft = content.endswith(" ") and not is_signature
        paragraph.append(content[:-1] if is_soft and delete_space else content)
        if not is_soft:
            paragraphs.append("".join(paragraph))
            paragraph = []
    if paragraph:
        paragraphs.append("".join(paragraph))
    return "\n".join(paragraphs)
