"""The service as processes of its own, for tests that kill it or load it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[1]
_MARK = "OPTIMIZER_TEST_MARK"


class House:
    """Processes of the product on one database; whatever they start is known by a mark in its environment."""

    def __init__(self, database: str, folder: Path, **settings: str) -> None:
        self.mark, self.log = secrets.token_hex(8), folder / "log"
        self._environment = {**os.environ, **settings, "DATABASE_URL": database, _MARK: self.mark}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self, jobs: int = 1) -> subprocess.Popen[bytes]:
        """``run.py serve`` on the same port as always."""
        return self.start(str(ROOT / "run.py"), "serve", "--port", str(self.port), "--jobs", str(jobs))

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Python with these arguments; what it says goes to the log."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def wait(self, served: subprocess.Popen[bytes], patience: float = 120.0) -> None:
        """Until it answers and its database does; RuntimeError when it ends instead."""
        until = time.monotonic() + patience
        while time.monotonic() < until and served.poll() is None:
            with suppress(httpx2.TransportError):
                if httpx2.get(f"{self.url}/readyz", timeout=5.0).status_code == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"it does not serve: {self.log.read_text()[-2000:]}")

    def list_processes(self) -> list[int]:
        """Whoever lives and was started from here, by whomever."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{_MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found
