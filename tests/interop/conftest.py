"""A Dovecot of our own (Debian's package, our configuration, free loopback ports) and an installation that reads it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from goniec.api import Api
from goniec.installation import Installation
from goniec.places import Places
from kit.testing.ports import free_port_base

USER = "biuro@dovecot.example"
PASSWORD = "only-for-tests"

CONFIGURATION = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
default_internal_user = {owner}
default_login_user = {owner}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_uid = {owner}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
"""


@dataclass
class Dovecot:
    """`deliver` hands a mail over by LMTP, as a mail server does; `kill` and `start` are what they say."""

    folder: Path
    imap_port: int
    lmtp_port: int
    user: str = USER
    password: str = PASSWORD
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        for port in (self.imap_port, self.lmtp_port):
            _wait_for_port(port, self._process)

    def kill(self) -> None:
        """As a power cut would: the master and everything it started."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    def deliver(self, raw: bytes, *, sender: str = "anna@mlyn.example") -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as server:
            server.sendmail(sender, [self.user], raw)

    def forget_uids(self) -> None:
        """A new UIDVALIDITY: what a restored or rebuilt mailbox looks like (reliability A4). Call it while the server is down."""
        for file in (self.folder / "mail").rglob("dovecot-uidlist"):
            file.write_text(
                re.sub(r"^(\d+) V(\d+)", lambda head: f"{head[1]} V{int(head[2]) + 1000}", file.read_text())
            )
        for file in [
            *(self.folder / "mail").rglob("dovecot.index*"),
            *(self.folder / "mail").rglob("dovecot-uidvalidity*"),
        ]:
            file.unlink()


@pytest.fixture
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    if shutil.which("dovecot") is None:
        pytest.skip("Dovecot is not installed; .ci/run installs it.")
    folder = Path("/tmp") / f"goniec-dovecot-{os.getpid()}"  # socket paths must stay short
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mail").mkdir(parents=True)
    owner = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        owner = "dovecot"
        shutil.chown(folder / "mail", owner, owner)
        folder.chmod(0o755)
    imap, lmtp = _free_port(), _free_port()
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(folder=folder, owner=owner, group=owner, password=PASSWORD, imap=imap, lmtp=lmtp)
    )
    server = Dovecot(folder, imap, lmtp)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """Signed in at a new installation."""
    places = Places(data=tmp_path / "data", port_base=free_port_base(), admin_password=PASSWORD)
    async with Installation(places) as running, Api(running.places, password=PASSWORD) as api:
        await running.ready()
        yield api


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Dovecot ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Dovecot does not listen on {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
