"""An object store for tests that speaks enough of S3: one bucket's objects are put, read and listed; it can be ill."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EMPTY_LIST = b"<?xml version='1.0'?><ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"


class ScriptedS3(ThreadingHTTPServer):
    """`objects` by path; while `ill` every answer is 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.objects: dict[str, bytes] = {}
        self.ill = False

    @property
    def environment(self) -> dict[str, str]:
        """What tells a client about it, as a deployment would."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.server_port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
        }  # fmt: skip


@contextmanager
def scripted_s3() -> Iterator[ScriptedS3]:
    with ScriptedS3() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield server
        finally:
            server.shutdown()
            serving.join()


class _Request(BaseHTTPRequestHandler):
    server: ScriptedS3

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        if not self.server.ill:
            self.server.objects[self.path] = content
        self._answer(200)

    def do_GET(self) -> None:
        if "list-type=2" in self.path:
            self._answer(200, EMPTY_LIST)
        elif self.path in self.server.objects:
            self._answer(200, self.server.objects[self.path])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def log_message(self, *arguments: object) -> None: ...

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(503 if self.server.ill else status)
        for name, value in (
            ("content-length", str(len(body))), ("etag", '"1"'), ("last-modified", "Sun, 22 Nov 2026 09:00:00 GMT"),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
