"""Fifty clients post progress and read owners for a minute while a plan is solved; what they waited, what is there.

    python -m tests.load --seconds 60 --clients 50 --database sqlite

``run.py serve`` with the worker that it has inside, a generated case of 10,000 x 100 and a plan of it in force. Each
client posts an event under an Idempotency-Key (now and then twenty at once), reads the owner of a customer, waits
``--pause`` seconds on average, and so on; each has a token of its own, so that the usual limits hold. Clients, API,
database and solver share this machine. No answer may be an error, and in the end every event that was accepted is there
once. Ends with 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from optimizer import generate_case
from optimizer.store import SYSTEM, Role, create_workspace, make_token, open_any_release, upgrade_place
from tests.benchmarks.measuring import describe_machine
from tests.served import House
from tests.store.servers import make_databases

CUSTOMERS, REPS, SEED = 10_000, 100, 1
FIRST = dt.date(2027, 1, 4)
BULK = 20
PLAIN = {"schedule": False, "reports": []}


@dataclass
class Found:
    """What the clients saw. ``waited``: seconds of each answer by its kind; ``sent``: events that were accepted."""

    waited: dict[str, list[float]] = field(default_factory=lambda: {"read": [], "post": [], "bulk": []})
    wrong: Counter[str] = field(default_factory=Counter)
    sent: list[str] = field(default_factory=list)
    solving: list[bool] = field(default_factory=list)  # looks at the job, whether it ran
    phases: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    spent: dict[str, float] = field(default_factory=dict)  # processor seconds


async def be_client(
    number: int, http: httpx2.AsyncClient, customers: list[str], pause: float, until: float, found: Found
) -> None:
    """Post and read until it is time."""
    dice, count = random.Random(number), 0

    def happen() -> dict[str, Any]:
        nonlocal count
        count += 1
        id = f"e{number}-{count}"
        return {
            "event_id": id,
            "at": "2027-01-11",
            "kind": "customer_hours",
            "customer_id": dice.choice(customers),
            "hours": 1.5,
        }

    async def ask(kind: str, method: str, path: str, **more: Any) -> bool:
        start = time.perf_counter()
        try:
            told = await http.request(method, path, **more)
        except httpx2.HTTPError as error:
            found.wrong[f"{kind}: {type(error).__name__}"] += 1
            return False
        found.waited[kind].append(time.perf_counter() - start)
        if told.status_code not in (200, 201):
            found.wrong[f"{kind}: {told.status_code} {told.text[:200]}"] += 1
        return told.is_success

    await asyncio.sleep(dice.uniform(0.0, max(0.5, pause)))
    while time.monotonic() < until:
        bulk = dice.random() < 0.1
        events = [happen() for _ in range(BULK if bulk else 1)]
        body: dict[str, Any] = {"events": events} if bulk else {"event": events[0]}
        path, key = "/events/bulk" if bulk else "/events", {"Idempotency-Key": f"{number}-{count}"}
        if await ask("bulk" if bulk else "post", "POST", path, json=body, headers=key):
            found.sent += [event["event_id"] for event in events]
        await asyncio.sleep(dice.uniform(0.0, 2.0 * pause))
        day = FIRST + dt.timedelta(days=dice.randrange(80))
        await ask("read", "GET", "/owner", params={"customer_id": dice.choice(customers), "on": str(day)})
        await asyncio.sleep(dice.uniform(0.0, 2.0 * pause))


async def keep_solving(
    house: House, http: httpx2.AsyncClient, version: str, until: float, found: Found
) -> None:
    """A plan job at any time: another one when one is done; cancelled in the end."""
    job: dict[str, Any] = {"state": "none"}
    before = read_times(house)
    while time.monotonic() < until:
        if job["state"] not in ("asked", "running"):
            found.jobs += 1
            order = {"case_version_id": version, "seed": found.jobs}
            job = (await http.post("/jobs/plan", json=order)).raise_for_status().json()
        job = (await http.get(f"/jobs/{job['id']}")).raise_for_status().json()
        found.solving.append(job["state"] == "running")
        found.phases[(job["progress"] or {}).get("phase", job["state"])] += 1
        await asyncio.sleep(0.5)
    after = read_times(house)
    found.spent = {name: after[name] - before[name] for name in before}
    if job["state"] in ("asked", "running"):
        await http.post(f"/jobs/{job['id']}/cancel")


async def press(
    house: House, tokens: list[str], customers: list[str], version: str, given: argparse.Namespace
) -> Found:
    """All clients at once."""
    found, until = Found(), time.monotonic() + given.seconds
    clients = [open_client(house, token) for token in tokens]
    works = [
        be_client(number, http, customers, given.pause, until, found)
        for number, http in enumerate(clients[1:])
    ]
    await asyncio.gather(keep_solving(house, clients[0], version, until, found), *works)
    for http in clients:
        await http.aclose()
    return found


def open_client(house: House, token: str) -> httpx2.AsyncClient:
    """A connection of its own, with a token of its own."""
    return httpx2.AsyncClient(
        base_url=f"{house.url}/api/v1/workspaces/north",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60.0,
    )


def furnish(house: House, token: str, folder: Path) -> tuple[str, list[str]]:
    """Hand a case in, plan it, and put the plan in force, as a person would; its version, and its customers."""
    case = generate_case(folder / "case", customers=CUSTOMERS, reps=REPS, seed=SEED)
    files = [("files", (path.name, path.read_bytes())) for path in sorted(case.iterdir())]
    with httpx2.Client(
        base_url=f"{house.url}/api/v1/workspaces/north",
        headers={"Authorization": f"Bearer {token}"},
        timeout=300.0,
    ) as http:

        def post(path: str, **more: Any) -> Any:
            return http.post(path, **more).raise_for_status().json()

        version = post("/cases/q1/files", files=files)["version"]["id"]
        job = post("/jobs/plan", json={"case_version_id": version, "time_limit": 10, **PLAIN})
        while job["state"] in ("asked", "running"):
            time.sleep(0.5)
            job = http.get(f"/jobs/{job['id']}").raise_for_status().json()
        plan = f"/plans/{job['result']['plan_id']}"
        post(f"{plan}/submit")
        post(f"{plan}/approve")
        post(f"{plan}/publish", json={"starts": str(FIRST)})
        rows = http.get(f"{plan}/assignments", params={"limit": 1000}).raise_for_status().json()["items"]
    return version, [row["customer_id"] for row in rows]


def count_events(house: House, token: str) -> list[str]:
    """The events that are there, and whether the audit log holds."""
    found, cursor = list[str](), None
    with httpx2.Client(
        base_url=f"{house.url}/api/v1/workspaces/north",
        headers={"Authorization": f"Bearer {token}"},
        timeout=300.0,
    ) as http:
        while True:
            query = {"limit": 1000} | ({} if cursor is None else {"cursor": cursor})
            page = http.get("/events", params=query).raise_for_status().json()
            found += [one["event"]["event_id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert http.get("/audit/check").raise_for_status().json()["broken"] is None
    return found


def read_times(house: House) -> dict[str, float]:
    """Processor seconds so far: of the API's process, of the clients, of everybody else of the product."""
    api = min(house.list_processes(), default=0)
    tick = os.sysconf("SC_CLK_TCK")
    taken = {"API": 0.0, "clients": sum(os.times()[:2]), "solver": 0.0}
    for pid in house.list_processes():
        with suppress(OSError):
            parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            taken["API" if pid == api else "solver"] += (int(parts[11]) + int(parts[12])) / tick
    return taken


def run(kind: str, given: argparse.Namespace) -> int:
    """One database under load; the number of things that are wrong."""
    with tempfile.TemporaryDirectory(prefix="optimizer-load-") as name:
        folder, databases = Path(name), make_databases(Path(name), hurried=False)
        place = next(databases)(kind, True)
        upgrade_place(place)
        store = open_any_release(place)
        with store.write(SYSTEM, "root") as write:
            create_workspace(write, "north")
        with store.write("north", "root") as write:
            admin = make_token(write, "desk", Role.ADMIN)[1]
            tokens = [make_token(write, f"c{k}", Role.SERVICE)[1] for k in range(given.clients)]
        store.close()
        house = House(place.url.render_as_string(hide_password=False), folder)
        served = house.serve()
        try:
            house.wait(served)
            version, customers = furnish(house, admin, folder)
            began = time.monotonic()
            found = asyncio.run(press(house, [admin, *tokens], customers, version, given))
            seconds = time.monotonic() - began
            kept = count_events(house, admin)
        except BaseException:
            print(house.log.read_text()[-3000:])
            raise
        finally:
            served.terminate()
            code = served.wait(60)
        next(databases, None)
    lost, odd = set(found.sent) - set(kept), len(kept) - len(set(kept))
    print(f"\n{kind}: {given.clients} clients for {seconds:.0f} s, a pause of {given.pause:g} s on average")
    print(f"{describe_machine()} Clients, API, database and solver share it.\n")
    print("| what | answers | a second | p50 ms | p95 ms | p99 ms | most ms |\n|---|---|---|---|---|---|---|")
    named = {"read": "owner of a customer", "post": "one event", "bulk": f"{BULK} events at once"}
    for what, label in named.items():
        waited = np.array(found.waited[what] or [0.0]) * 1000
        p50, p95, p99 = np.percentile(waited, [50, 95, 99])
        print(
            f"| {label} | {len(waited):,} | {len(waited) / seconds:.0f} | "
            f"{p50:.0f} | {p95:.0f} | {p99:.0f} | {waited.max():.0f} |"
        )
    spent = ", ".join(f"{name} {taken:.0f}" for name, taken in found.spent.items())
    share = np.mean(found.solving) if found.solving else 0.0
    print(f"\nA plan was being solved at {share:.0%} of looks ({found.jobs} jobs; {dict(found.phases)}).")
    print(f"Processor seconds: {spent}.")
    print(f"Accepted {len(found.sent):,} events, {len(kept):,} are there, {len(lost)} lost, {odd} twice.")
    print(f"Errors: {dict(found.wrong) or 'none'}. The service ended with {code}.")
    return len(found.wrong) + len(lost) + odd + (code != 0) + (len(kept) != len(found.sent))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two requests of a client")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    given = parser.parse_args()
    return run("sqlite" if given.database == "sqlite" else "postgresql", given)


if __name__ == "__main__":
    sys.exit(min(1, main()))
