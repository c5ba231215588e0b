"""Whoever asks the API while it is killed: each wish under a key, and again under it until there is an answer."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx2

DAY, STARTS = "2027-01-11", "2027-06-01"
MOST_WAITING = 6  # jobs, before nobody asks for more
REPORTS: dict[str, Any] = {"schedule": False, "reports": []}


@dataclass
class Wish:
    """Something that is asked for, and what was answered. ``lost``: how often the answer did not come."""

    key: str
    path: str
    body: dict[str, Any]
    answer: dict[str, Any] | None = None
    lost: int = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        return [*self.body.get("events", []), *([self.body["event"]] if "event" in self.body else [])]

    @property
    def job_id(self) -> str | None:
        if self.answer is None:
            return None
        found = self.answer.get("job", self.answer).get("id")
        return None if found is None else str(found)


class Asker(threading.Thread):
    """Posts progress, asks for plans and reassignments, publishes drafts, and asks some of it again though answered."""

    def __init__(self, name: str, url: str, token: str, case_version_id: str, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.wishes: list[Wish] = []
        self.count = Counter[str]()
        self.answered_at = 0.0
        self.error: BaseException | None = None
        self._ending = threading.Event()
        self._dice, self._version = random.Random(seed), case_version_id
        self._client = httpx2.Client(
            base_url=f"{url}/api/v1/workspaces/north",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60.0,
        )

    def end(self) -> None:
        """Ask for nothing new; what was asked for is asked until it is answered."""
        self._ending.set()

    def run(self) -> None:
        try:
            with self._client:
                while not self._ending.is_set():
                    wish = self._think(len(self.wishes))
                    self.wishes.append(wish)
                    self._ask(wish)
                    if self._dice.random() < 0.1:
                        self._ask(self._dice.choice(self.wishes))
                    if self._dice.random() < 0.1:
                        self._publish()
                    time.sleep(self._dice.uniform(0.0, 0.2))
        except BaseException as error:
            self.error = error

    def _think(self, number: int) -> Wish:
        key, chance = f"{self.name}-{number}", self._dice.random()
        if (
            chance > 0.75
            and len(self._get("/jobs", state="asked", limit=MOST_WAITING)["items"]) < MOST_WAITING
        ):
            if chance < 0.92:
                return Wish(key, "/jobs/plan", {"case_version_id": self._version, **REPORTS})
            plan_id = self._get("/in-force")[-1]["plan_id"]
            if chance < 0.96:
                order = {"plan_id": plan_id, "apply": True, "starts": STARTS, **REPORTS}
                return Wish(key, "/jobs/rebalance", order)
            body = {"events": self._happen(key, 2), "plan_id": plan_id, "starts": STARTS}
            return Wish(key, "/reassignments", body)
        if chance > 0.5:
            return Wish(key, "/events/bulk", {"events": self._happen(key, self._dice.randint(1, 20))})
        return Wish(key, "/events", {"event": self._happen(key, 1)[0]})

    def _happen(self, key: str, count: int) -> list[dict[str, Any]]:
        dice = self._dice
        return [
            {
                "event_id": f"{key}-{number}",
                "at": DAY,
                "kind": "customer_retiered",
                "customer_id": f"c{dice.randrange(12)}",
                "tier": dice.choice("ABC"),
                "hours": dice.randint(1, 30),
            }
            for number in range(count)
        ]

    def _ask(self, wish: Wish) -> None:
        """Until it is answered. What was answered before is answered again, word by word."""
        headers = {"Idempotency-Key": wish.key}
        told = self._send("POST", wish.path, wish, json=wish.body, headers=headers)
        again, answer = "idempotent-replayed" in told.headers, told.json()
        if wish.answer is not None:
            assert again and answer == wish.answer, (wish, told.text)
            self.count["asked again"] += 1
            return
        assert not again or wish.lost, f"nobody asked before: {wish}"
        posted = answer.get("posted", answer)
        if wish.events:
            assert posted["accepted"] == [event["event_id"] for event in wish.events], (wish, told.text)
        wish.answer, self.answered_at = answer, time.monotonic()
        self.count["accepted"] += 1
        if wish.lost:
            self.count["answer lost, done" if again else "answer lost, not done"] += 1

    def _publish(self) -> None:
        """Put a draft in force, step by step. 409: another asker did, or we did ourselves and were not answered."""
        drafts = self._get("/plans", status="draft", limit=5)["items"]
        if not drafts:
            return
        path = f"/plans/{self._dice.choice(drafts)['id']}"
        for step, status in (("submit", "draft"), ("approve", "submitted"), ("publish", "approved")):
            plan = self._get(path)
            if plan["status"] == status:
                body = {"starts": STARTS} if step == "publish" else {}
                seen = {"If-Match": f'"{plan["version"]}"'}
                self._send("POST", f"{path}/{step}", None, may=(409,), json=body, headers=seen)
                self.count[step] += 1

    def _get(self, path: str, **query: Any) -> Any:
        return self._send("GET", path, None, params=query).json()

    def _send(
        self, method: str, path: str, wish: Wish | None, may: tuple[int, ...] = (), **more: Any
    ) -> httpx2.Response:
        while True:
            try:
                told = self._client.request(method, path, **more)
            except httpx2.ConnectError:
                time.sleep(0.05)
            except httpx2.TransportError:
                if wish is not None:
                    wish.lost += 1
                self.count["connection lost"] += 1
            else:
                if told.is_success or told.status_code in may:
                    return told
                assert told.status_code in (503, 507), f"{method} {path}: {told.status_code} {told.text}"
                assert told.headers["content-type"] == "application/problem+json", told.text
                self.count[told.json()["code"]] += 1
                time.sleep(0.5)
