"""What leaves for the broker in one piece is what nats-py would have sent one by one."""

from __future__ import annotations

import nats.errors
import pytest
from nats.protocol.command import hpub_cmd, pub_cmd

from kit.nats_client import NatsClient, Sent, _command, header_block


def test_a_message_is_written_as_nats_py_writes_it() -> None:
    plain, answered = Sent("mail.received.v1.a", b"{}"), Sent("$JS.ACK.x", b"+ACK", reply="_INBOX.1")
    assert _command(plain) == pub_cmd("mail.received.v1.a", "", b"{}")
    assert _command(answered) == pub_cmd("$JS.ACK.x", "_INBOX.1", b"+ACK")
    header = header_block(Nats_Msg_Id="7", Nats_Batch_Commit="1")
    assert header == b"NATS/1.0\r\nNats-Msg-Id: 7\r\nNats-Batch-Commit: 1\r\n\r\n"
    with_header = Sent("mail.received.v1.a", "ż".encode(), "_INBOX.1", header)
    assert _command(with_header) == hpub_cmd("mail.received.v1.a", "_INBOX.1", header, "ż".encode())


async def test_without_a_connection_nothing_is_kept_for_later() -> None:
    client = NatsClient()
    with pytest.raises(nats.errors.ConnectionClosedError):
        await client.publish_all([Sent("mail.received.v1.a", b"{}")])
