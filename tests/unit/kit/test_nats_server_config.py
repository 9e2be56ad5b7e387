from pathlib import Path

import pytest

from kit.nats_server import NatsUser, nats_server_config, nats_server_program

SAYS = NatsUser("tasks-api", "s3cret", ("task.>", "directory.>"), "tasks-api")


def test_nothing_is_acknowledged_before_it_is_on_the_disk() -> None:
    """reliability A19: JetStream's own default may forget two minutes."""
    config = nats_server_config(port=8005, store=Path("/data/nats"))
    assert 'jetstream { store_dir: "/data/nats", sync_interval: always }' in config
    assert 'listen: "127.0.0.1:8005"' in config
    assert "authorization" not in config


def test_monitoring_stays_on_the_machine() -> None:
    config = nats_server_config(port=8005, store="/data", host="0.0.0.0", monitoring_port=8006)
    assert 'http: "127.0.0.1:8006"' in config
    assert 'listen: "0.0.0.0:8005"' in config


def test_a_user_says_its_own_and_hears_through_its_own_consumer() -> None:
    config = nats_server_config(port=1, store="/data", users=[SAYS])
    assert 'user: "tasks-api", password: "s3cret"' in config
    for allowed in (
        "task.>",
        "dead.tasks-api",
        "$JS.ACK.GONIEC.tasks-api.>",
        "$JS.API.CONSUMER.MSG.NEXT.GONIEC.tasks-api",
    ):
        assert f'"{allowed}"' in config
    assert 'subscribe: { allow: ["_INBOX.tasks-api.>"] }' in config
    assert "case.>" not in config
    assert "DELETE" not in config


def test_a_password_can_come_from_the_environment() -> None:
    config = nats_server_config(port=1, store="/data", users=[NatsUser("a", "$A_PASSWORD", ())])
    assert "password: $A_PASSWORD" in config


@pytest.mark.parametrize("bad", ['a"b', "a\nb", "a\\b"])
def test_what_would_break_out_of_its_quotes_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        nats_server_config(port=1, store="/data", users=[NatsUser("a", bad, ())])


def test_the_program_is_there() -> None:
    assert nats_server_program().name == "nats-server"
