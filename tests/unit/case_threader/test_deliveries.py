"""Several reports about one mail of ours (RFC 3464; cases.md section 6)."""

from typing import Any

import pytest

from case_threader.deliveries import merged_delivery


def report(kind: str, **actions: str) -> dict[str, Any]:
    return {"kind": kind, "recipients": [{"email": name, "action": action} for name, action in actions.items()]}


@pytest.mark.parametrize(
    ("former", "told", "kind", "actions"),
    [
        (None, report("failed", a="failed"), "failed", {"a": "failed"}),
        (report("failed", a="failed"), report("failed", b="failed"), "failed", {"a": "failed", "b": "failed"}),
        (report("failed", a="failed"), report("delivered", b="delivered"), "failed", {"a": "failed", "b": "delivered"}),
        (report("delayed", a="delayed"), report("delivered", a="delivered"), "delivered", {"a": "delivered"}),
        (report("delayed", a="delayed"), report("failed", a="failed"), "failed", {"a": "failed"}),
        (report("failed", a="failed"), report("delayed", a="delayed"), "failed", {"a": "failed"}),
        (report("failed", a="failed"), report("delivered", a="delivered"), "delivered", {"a": "delivered"}),
        (report("failed", a="failed"), report("read_receipt"), "failed", {"a": "failed"}),
        (report("delivered", a="delivered"), report("read_receipt", a="delivered"), "read_receipt", {"a": "delivered"}),
        (report("failed"), report("read_receipt"), "failed", {}),
        (None, report("unknown"), "unknown", {}),
    ],
)
def test_each_recipient_keeps_the_latest_word_and_the_gravest_is_told(
    former: dict[str, Any] | None, told: dict[str, Any], kind: str, actions: dict[str, str]
) -> None:
    merged = merged_delivery(former, told)
    assert merged["kind"] == kind
    assert {each["email"]: each["action"] for each in merged["recipients"]} == actions


def test_what_the_mail_server_said_stays() -> None:
    assert (
        merged_delivery({**report("failed", a="failed"), "detail": "550"}, report("failed", b="failed"))["detail"]
        == "550"
    )
