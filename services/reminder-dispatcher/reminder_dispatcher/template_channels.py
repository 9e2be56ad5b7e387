"""What a template of each channel may have."""

from typing import Any

_SMS_BODY = 2_000


def words_of(channel: str) -> str:
    """The channel whose templates a reminder uses: what shows in the application has the words of an SMS."""
    return "sms" if channel == "app" else channel


def check_channel(channel: str, named: set[str], values: dict[str, Any]) -> None:
    """An SMS has a text and nothing else."""
    if channel != "sms":
        return
    for name in ("subject", "html", "bcc", "from_address"):
        if name in named and values[name]:
            raise ValueError(f"an SMS has no {name}")
    if "body" in named and len(values["body"]) > _SMS_BODY:
        raise ValueError(f"the text of an SMS has at most {_SMS_BODY} characters")
