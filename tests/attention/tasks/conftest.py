"""A cache of its own for each test, and a server on this machine that can misbehave."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lohe.attention.tasks.library import cache_folder


@pytest.fixture(autouse=True)
def cache(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.node.get_closest_marker("data"):
        return cache_folder()  # the machine's: unpacking and listening again takes 20 seconds
    monkeypatch.setenv("LOHE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Server:
    """Serves one body; what it does is set by the test."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.ranges = True  # answers Range with 206
        self.break_after: list[int] = []  # bytes after which successive answers break off
        self.status = 200
        self.location = ""
        self.requests: list[str | None] = []  # the Range header of each request
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                outer.requests.append(asked)
                if outer.location:
                    self.send_response(302)
                    self.send_header("Location", outer.location)
                    self.end_headers()
                    return
                if outer.status != 200:
                    self.send_error(outer.status)
                    return
                start = int(asked[6:-1]) if asked and outer.ranges else 0
                if asked and outer.ranges and start >= len(outer.body):
                    self.send_error(416)
                    return
                self.send_response(206 if asked and outer.ranges else 200)
                if asked and outer.ranges:
                    end = len(outer.body)
                    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
                rest = outer.body[start:]
                self.send_header("Content-Length", str(len(rest)))
                self.end_headers()
                self.wfile.write(rest[: outer.break_after.pop(0)] if outer.break_after else rest)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/set.bin"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(bytes(range(256)) * 4000)
    yield running
    running.close()
