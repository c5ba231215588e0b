"""A second opinion on a plan: ``python tests/judge.py CASE OUT``.

Reads only the case's CSV tables (with the canonical column names), its scenario.toml and OUT/assignments.csv,
computes everything again in plain loops without a line of the optimizer, and names every hard constraint that
is broken and every figure of OUT/assignments.csv and OUT/territories.csv that is wrong. Exit code 0: nothing
is wrong; 1: something is; 2: it was not called right. No loop over customers stands in a loop over reps: a
million customers take a minute.
"""

from __future__ import annotations

import csv
import datetime as dt
import gc
import io
import math
import sys
import tomllib
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, str]
Tables = dict[str, list[Row]]
Point = tuple[float, float, float]  # on a sphere of radius 1

TABLES = ("reps", "customers", "tasks", "absences", "locks", "pairs", "apart")
DEFAULT_TIERS = {
    "A": {"visits": 6, "hours_per_visit": 2.0},
    "B": {"visits": 3, "hours_per_visit": 1.5},
    "C": {"visits": 1, "hours_per_visit": 1.0},
}
EARTH_KM = 6371.0088
SLACK = 0.003  # hours or units: three in the last decimal shown


class Complaint(NamedTuple):
    """What is wrong: the constraint or file, and a sentence."""

    kind: str
    sentence: str


def read_table(path: Path) -> list[Row]:
    if not path.exists():
        return []
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    return [
        {k: (v or "").strip() for k, v in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


def number(text: str | None) -> float | None:
    return float(text) if text else None


def day(value: Any) -> dt.date | None:
    if not value or isinstance(value, dt.date):
        return value or None
    return dt.date.fromisoformat(str(value).replace("/", "-")[:10])


def names(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]


@cache
def skills(text: str | None, last: dt.date | None) -> dict[str, int]:
    """Levels by skill; those that expire before ``last`` do not count."""
    found: dict[str, int] = {}
    for part in names(text):
        rest, _, until = part.partition("@")
        name, _, level = rest.partition(":")
        if last is None or not until or dt.date.fromisoformat(until.strip()) >= last:
            found[name.strip()] = max(found.get(name.strip(), 0), int(level or 1))
    return found


def milli(hours: float) -> float:
    return round(hours * 1000) / 1000


def vector(row: Row) -> Point | None:
    lat, lon = number(row.get("lat")), number(row.get("lon"))
    if lat is None or lon is None:
        return None
    a, b = math.radians(lat), math.radians(lon)
    return math.cos(a) * math.cos(b), math.cos(a) * math.sin(b), math.sin(a)


def kilometres(p: Point | None, q: Point | None) -> float | None:
    """Great-circle distance, by the angle between two unit vectors."""
    if p is None or q is None:
        return None
    across = (p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0])
    return EARTH_KM * math.atan2(math.hypot(*across), sum(a * b for a, b in zip(p, q, strict=True)))


class Nearest:
    """Points halved by one axis after the other, so that the nearest is found without looking at all of them."""

    def __init__(self, points: list[Point], axis: int = 0) -> None:
        ordered = sorted(points, key=lambda p: p[axis])
        middle = len(ordered) // 2
        self.axis, self.point = axis, ordered[middle]
        parts = (ordered[:middle], ordered[middle + 1 :])
        self.below, self.above = (Nearest(part, (axis + 1) % 3) if part else None for part in parts)

    def find(self, at: Point, best: Point | None = None) -> Point:
        """The point nearest to ``at``, of these and of ``best``."""
        if best is None or math.dist(at, self.point) < math.dist(at, best):
            best = self.point
        across = at[self.axis] - self.point[self.axis]
        near, far = (self.below, self.above) if across < 0 else (self.above, self.below)
        if near is not None:
            best = near.find(at, best)
        if far is not None and abs(across) < math.dist(at, best):
            best = far.find(at, best)
        return best


class Facts:
    """Everything that can be said of reps and customers before looking at a plan."""

    def __init__(self, tables: Tables, scenario: dict[str, Any]) -> None:
        self.tables, self.scenario = tables, scenario
        self.reps = {row["rep_id"]: row for row in tables["reps"]}
        self.customers = {row["customer_id"]: row for row in tables["customers"]}
        horizon = scenario.get("horizon", {})
        self.start, self.weeks = day(horizon.get("start")), horizon.get("weeks", 13)
        self.last = self.start and self.start + dt.timedelta(days=7 * self.weeks - 1)
        self.tiers: dict[str, Any] = scenario.get("tiers") or DEFAULT_TIERS
        blank = scenario.get("default_tier") or list(self.tiers)[-1]
        self.tier = {c: row.get("tier") or blank for c, row in self.customers.items()}
        self.visits = {c: self.tiers[t]["visits"] * (self.weeks / 13) for c, t in self.tier.items()}
        said = {c: number(row.get("visits")) for c, row in self.customers.items()}
        self.visits |= {c: visits for c, visits in said.items() if visits is not None}
        self.owner = {c: row.get("owner") or "" for c, row in self.customers.items()}
        self.hours = self._hours()
        self.away: dict[str, list[Row]] = defaultdict(list)
        for row in tables["absences"]:
            self.away[row["rep_id"]].append(row)
        self.capacity = {r: milli(self._capacity(r)) for r in self.reps}
        self.point = {c: vector(row) for c, row in self.customers.items()}
        self.home = self._homes()
        known = [home for home in self.home.values() if home]
        self.homes = Nearest(known) if known else None
        self.pair = {(row["customer_id"], row["rep_id"]): row for row in tables["pairs"]}

    def _hours(self) -> dict[str, float]:
        extra: dict[str, float] = defaultdict(float)
        for task in self.tables["tasks"]:
            if task.get("status") in ("", None, "open") and task.get("customer_id"):
                extra[task["customer_id"]] += float(task["hours"])
        found = {}
        for c, row in self.customers.items():
            given = number(row.get("hours"))
            cadence = self.visits[c] * self.tiers[self.tier[c]]["hours_per_visit"] + extra[c]
            found[c] = milli(cadence if given is None else given)
        return found

    def _capacity(self, rep: str) -> float:
        horizon, row = self.scenario.get("horizon", {}), self.reps[rep]
        own = number(row.get("hours_per_week"))
        weekly = horizon.get("hours_per_week", 40.0) if own is None else own
        weekly *= horizon.get("field_share", 0.6)
        if self.start is None:
            return float(weekly * self.weeks)
        workdays = set(horizon.get("workdays", (1, 2, 3, 4, 5)))
        extra = {day(d) for d in horizon.get("extra_workdays", ())}
        off = {day(d) for d in horizon.get("holidays", ())}
        starts, ends, ramp = day(row.get("starts")), day(row.get("ends")), number(row.get("ramp_weeks"))
        away = [(day(a["starts"]), day(a["ends"])) for a in self.away[rep]]
        total = 0.0
        for offset in range(7 * self.weeks):
            today = self.start + dt.timedelta(days=offset)
            if (today.isoweekday() not in workdays and today not in extra) or today in off:
                continue
            if (starts and today < starts) or (ends and today > ends):
                continue
            if any(a and b and a <= today <= b for a, b in away):
                continue
            grown = min(1.0, ((today - starts).days + 0.5) / (7 * ramp)) if starts and ramp else 1.0
            for season in horizon.get("seasons", ()):
                if season["starts"] <= today <= season["ends"]:
                    grown *= season["share"]
            total += weekly / max(len(workdays), 1) * grown
        return total

    def _homes(self) -> dict[str, Point | None]:
        """Where each rep starts from: its home, or the middle of what it owns now."""
        owned: dict[str, list[Point]] = defaultdict(list)
        for c, point in self.point.items():
            if point:
                owned[self.owner[c]].append(point)
        found: dict[str, Point | None] = {}
        for r, row in self.reps.items():
            total = [math.fsum(p[axis] for p in owned[r]) for axis in range(3)]
            length = math.hypot(*total)
            middle = (total[0] / length, total[1] / length, total[2] / length) if length > 1e-9 else None
            found[r] = vector(row) or middle
        return found

    def distance(self, customer: str, rep: str) -> float | None:
        return kilometres(self.point[customer], self.home[rep])

    def travel_hours(self, customer: str, rep: str) -> float:
        named = number(self.pair.get((customer, rep), {}).get("travel_hours"))
        if named is not None:
            return milli(named)
        wish = self.scenario.get("travel", {})
        speed, stops = wish.get("speed_kmh", 50.0), wish.get("stops_per_day", 4.0)
        far, at = self.distance(customer, rep), self.point[customer]
        if far is None and at and self.homes:  # a rep without a home travels as from the nearest known one
            far = kilometres(at, self.homes.find(at))
        each = 2 * wish.get("detour", 1.3) * (far or 0.0) / (speed * stops)
        return milli(self.visits[customer] * each)

    def load(self, customer: str, rep: str) -> float:
        named = number(self.pair.get((customer, rep), {}).get("hours"))
        hours = self.hours[customer] if named is None else milli(named)
        counted = self.scenario.get("capacity", {}).get("count_travel", False)
        return hours + (self.travel_hours(customer, rep) if counted else 0.0)

    def size(self, customer: str, measure: str) -> float:
        if measure in ("hours", "customers"):
            return self.hours[customer] if measure == "hours" else 1.0
        return number(self.customers[customer].get(measure)) or 0.0

    def targets(self, wish: dict[str, Any]) -> dict[str, float]:
        """Every rep's share of the total of a corridor's measure."""
        kind = wish.get("target", "capacity")
        if kind == "capacity":
            weight = dict(self.capacity)
        elif kind == "equal":
            weight = {r: float(hours > 0) for r, hours in self.capacity.items()}
        else:
            weight = {r: number(row.get(kind)) or 0.0 for r, row in self.reps.items()}
        if not sum(weight.values()):
            weight = dict.fromkeys(weight, 1.0)
        total = math.fsum(self.size(c, wish["measure"]) for c in self.customers)
        return {r: total * w / sum(weight.values()) for r, w in weight.items()}

    def held(self, plan: dict[str, str]) -> dict[str, list[str]]:
        """The customers of every rep."""
        found: dict[str, list[str]] = {r: [] for r in self.reps}
        for c, r in plan.items():
            if r:
                found[r].append(c)
        return found

    def corridors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.scenario.get("corridors", [{"measure": "hours", "price": 1.0}])
        return found


def slack(measure: str, total: float) -> float:
    return 1e-6 if measure == "customers" else SLACK + 1e-9 * total


def find_broken(facts: Facts, plan: dict[str, str]) -> list[Complaint]:
    """Every hard constraint that ``plan`` (customer -> rep, "" unserved) breaks."""
    found: list[Complaint] = []
    _judge_pairs(facts, plan, found)
    _judge_promises(facts, plan, found)
    _judge_reps(facts, facts.held(plan), found)
    _judge_budgets(facts, plan, found)
    return found


def _hard(facts: Facts, section: str) -> bool:
    return facts.scenario.get(section, {}).get("price") is None


def _judge_pairs(facts: Facts, plan: dict[str, str], found: list[Complaint]) -> None:
    cover = facts.scenario.get("coverage", {}).get("hard", False)
    limit = facts.scenario.get("distance", {}).get("limit_km")
    for c, r in plan.items():
        row, tier = facts.customers[c], facts.tier[c]
        if not r:
            if cover:
                found.append(Complaint("coverage", f"{c} has no owner"))
            continue
        rep, named = facts.reps[r], facts.pair.get((c, r), {})
        held, needed = skills(rep.get("skills"), facts.last), skills(row.get("requires"), None)
        lacking = [s for s, level in needed.items() if held.get(s, 0) < level]
        if lacking and _hard(facts, "skills"):
            found.append(Complaint("skills", f"{c} needs {', '.join(lacking)}, which {r} lacks"))
        may = names(rep.get("tiers"))
        roles = facts.tiers[tier].get("roles", ())
        if _hard(facts, "tier_rights") and (
            (may and tier not in may) or (roles and rep.get("role") not in roles)
        ):
            found.append(Complaint("tier_rights", f"{r} may not serve {c} of tier {tier}"))
        allowed = named.get("allowed", "").lower()
        if allowed in ("false", "0", "no"):
            found.append(Complaint("named_pairs", f"{c} with {r} is not allowed"))
        km = facts.distance(c, r)
        waived = allowed in ("true", "1", "yes")
        if (
            limit is not None
            and _hard(facts, "distance")
            and km is not None
            and not waived
            and km > limit + 1e-6
        ):
            found.append(Complaint("distance", f"{c} is {km:.3f} km from {r}, above {limit}"))


def _judge_promises(facts: Facts, plan: dict[str, str], found: list[Complaint]) -> None:
    for lock in facts.tables["locks"]:
        until, c = day(lock.get("until")), lock["customer_id"]
        if until and facts.start and until < facts.start:
            continue
        rep = facts.owner[c] if lock["kind"] == "keep" else lock["rep_id"]
        if rep and (plan[c] == rep) == (lock["kind"] == "forbid"):
            found.append(
                Complaint("locks", f"{c} is with {plan[c] or 'nobody'} against {lock['kind']} {rep}")
            )
    together: dict[str, set[str]] = defaultdict(set)
    for c, row in facts.customers.items():
        if row.get("group"):
            together[row["group"]].add(plan[c])
    for group, owners in together.items():
        if len(owners) > 1:
            found.append(Complaint("together", f"group {group} is split between {sorted(owners)}"))
    for row in facts.tables["apart"]:
        a, b = row["customer_a"], row["customer_b"]
        if _hard(facts, "apart") and plan[a] and plan[a] == plan[b]:
            found.append(Complaint("apart", f"{a} and {b} are both with {plan[a]}"))


def _judge_reps(facts: Facts, owned: dict[str, list[str]], found: list[Complaint]) -> None:
    counts, capacity = facts.scenario.get("counts", {}), facts.scenario.get("capacity", {})
    for r, customers in owned.items():
        load = math.fsum(facts.load(c, r) for c in customers)
        limit = facts.capacity[r] * capacity.get("limit", 1.0)
        if _hard(facts, "capacity") and load > limit + SLACK:
            found.append(Complaint("capacity", f"{r} has {load:.3f} h above {limit:.3f} h"))
        own = number(facts.reps[r].get("max_customers"))
        wishes = [(None, counts.get("min"), counts.get("max") if own is None else own)]
        wishes += [(t, w.get("min"), w.get("max")) for t, w in counts.get("tiers", {}).items()]
        for tier, fewest, most in wishes:
            have = sum(tier is None or facts.tier[c] == tier for c in customers)
            if tier is None and fewest is not None and most is not None:
                fewest = min(fewest, most)
            few = fewest is not None and have < fewest and facts.capacity[r] > 0
            if _hard(facts, "counts") and (few or (most is not None and have > most)):
                found.append(
                    Complaint("counts", f"{r} has {have} customers of {tier or 'all'}: {fewest}..{most}")
                )
    for wish in facts.corridors():
        if wish.get("price") is not None:
            continue
        tolerance, target = wish.get("tolerance", 0.1), facts.targets(wish)
        spare = slack(wish["measure"], sum(target.values()))
        for r, customers in owned.items():
            value = math.fsum(facts.size(c, wish["measure"]) for c in customers)
            low, high = (1 - tolerance) * target[r], (1 + tolerance) * target[r]
            if not low - spare <= value <= high + spare:
                found.append(
                    Complaint("corridors", f"{r}: {wish['measure']} {value:.3f} not in {low:.3f}..{high:.3f}")
                )


def _judge_budgets(facts: Facts, plan: dict[str, str], found: list[Complaint]) -> None:
    for wish in facts.scenario.get("disruption", {}).get("budgets", ()):
        if wish.get("price") is not None:
            continue
        measure, scope = wish.get("measure", "customers"), wish.get("scope", "all")
        into = scope == "rep" and wish.get("direction", "out") == "in"
        used: dict[str, float] = defaultdict(float)
        base: dict[str, float] = defaultdict(float)
        for c, before in facts.owner.items():
            if not before or (scope == "tier" and facts.tier[c] != wish["tier"]):
                continue
            size = facts.size(c, measure)
            base[before if scope == "rep" else ""] += size
            place = (plan[c] if into else before) if scope == "rep" else ""
            if plan[c] != before and (place or scope != "rep"):
                used[place] += size
        average = sum(base.values()) / max(len(base), 1)
        for place, amount in used.items():
            limit = wish.get("amount")
            if limit is None:
                limit = wish["share"] * (average if into else base[place])
            if amount > limit + slack(measure, sum(base.values())):
                where = f"{scope} {wish.get('tier', '')}{place}{' in' if into else ''}"
                found.append(
                    Complaint("disruption", f"{where}: {amount:.3f} {measure} moved, above {limit:.3f}")
                )


def check_assignments(facts: Facts, rows: list[Row]) -> list[Complaint]:
    """Every customer once, with an owner that exists and the right figures beside it."""
    found = []
    times = Counter(row["customer_id"] for row in rows)
    for c in facts.customers:
        if times[c] != 1:
            found.append(Complaint("plan", f"{c} stands {times[c]} times in assignments.csv"))
    for row in rows:
        c, r = row["customer_id"], row["rep_id"]
        if c not in facts.customers or (r and r not in facts.reps):
            found.append(Complaint("plan", f"{c} with {r}: no such customer or rep"))
            continue
        expected = {"previous_rep_id": facts.owner[c], "tier": facts.tier[c]}
        expected |= {"hours": facts.load(c, r) if r else facts.hours[c]}
        expected |= {"travel_hours": facts.travel_hours(c, r) if r else 0.0}
        found += _compare("assignments", f"{c}", row, expected)
    return found


def check_territories(facts: Facts, plan: dict[str, str], rows: list[Row]) -> list[Complaint]:
    """Every rep once, with totals that follow from the assignments."""
    found = []
    if [row["rep_id"] for row in rows] != list(facts.reps):
        found.append(Complaint("territories", "territories.csv does not list the reps one by one"))
    held = facts.held(plan)
    targets = [facts.targets(wish) for wish in facts.corridors()]
    for row in rows:
        r = row["rep_id"]
        if r not in held:
            continue
        load, capacity = math.fsum(facts.load(c, r) for c in held[r]), facts.capacity[r]
        expected: dict[str, Any] = {
            "customers": float(len(held[r])),
            "hours": load,
            "travel_hours": math.fsum(facts.travel_hours(c, r) for c in held[r]),
            "capacity_hours": capacity,
            "utilization": load / capacity if capacity else "",
        }
        seen: Counter[str] = Counter()
        for wish, shares in zip(facts.corridors(), targets, strict=True):
            measure = wish["measure"]
            seen[measure] += 1
            tag = measure if seen[measure] == 1 else f"{measure}_{seen[measure]}"
            value, target = math.fsum(facts.size(c, measure) for c in held[r]), shares[r]
            if measure not in ("hours", "customers"):
                expected[measure] = value
            expected[f"{tag}_target"] = target
            expected[f"{tag}_deviation"] = value / target - 1 if target else ""
        found += _compare("territories", r, row, expected)
    return found


def _compare(file: str, place: str, row: Row, expected: dict[str, Any]) -> list[Complaint]:
    found = []
    for column, right in expected.items():
        written = row.get(column)
        if isinstance(right, str) or not written:
            wrong = written != right
        else:
            share = column == "utilization" or column.endswith("_deviation")
            # Targets are rounded to the decimals their measure has, which may be none.
            spare = 0.0001 if share else 0.5001 if column.endswith("_target") else SLACK
            wrong = abs(float(written) - right) > spare + 1e-9 * abs(right)
        if wrong:
            found.append(Complaint(file, f"{place}: {column} is {written!r}, should be {right!r}"))
    return found


def judge(case: Path, out: Path) -> list[Complaint]:
    """Everything wrong with the plan in ``out`` for ``case``."""
    toml = case / "scenario.toml"
    scenario = tomllib.loads(toml.read_text(encoding="utf-8-sig")) if toml.exists() else {}
    facts = Facts({name: read_table(case / f"{name}.csv") for name in TABLES}, scenario)
    rows = read_table(out / "assignments.csv")
    found = check_assignments(facts, rows)
    if any(complaint.kind == "plan" for complaint in found):
        return found  # not a plan of this case: nothing else can be said
    plan = {row["customer_id"]: row["rep_id"] for row in rows}
    return (
        found + find_broken(facts, plan) + check_territories(facts, plan, read_table(out / "territories.csv"))
    )


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    gc.disable()  # nothing here goes in circles; looking for circles takes a third of the time
    found = judge(Path(sys.argv[1]), Path(sys.argv[2]))
    for complaint in found:
        print(f"{complaint.kind}: {complaint.sentence}")
    print(f"{len(found)} wrong" if found else "Every hard constraint is kept and every total is right.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
