"""A second opinion on a schedule: ``python -m tests.week_judge CASE OUT``.

Reads only the case's CSV tables, its scenario.toml and the files of OUT, computes every window, dependency, week of a
rep and count again in plain loops without a line of the optimizer, and names whatever is broken and not told, or told
and not so. Exit code 0: nothing is wrong; 1: something is; 2: it was not called right. For horizons with a first day.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
import tomllib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.judge import DEFAULT_TIERS, Complaint, Row, day, names, number, read_table, skills

SLACK = 0.0015  # hours: one in the last decimal shown, and a half


class Calendar:
    """The weeks of a horizon and the hours of every rep in them."""

    def __init__(self, case: Path, scenario: dict[str, Any]) -> None:
        horizon = scenario.get("horizon", {})
        self.horizon = horizon
        start = day(horizon["start"])
        assert start is not None
        self.start, self.count = start, int(horizon.get("weeks", 13))
        self.days = [start + dt.timedelta(days=k) for k in range(7 * self.count)]
        self.names: list[str] = []
        for today in self.days:
            if self.name(today) not in self.names:
                self.names.append(self.name(today))
        self.absences = read_table(case / "absences.csv")

    @staticmethod
    def name(today: dt.date) -> str:
        year, week, _ = today.isocalendar()
        return f"{year}-W{week:02d}"

    def is_worked(self, today: dt.date) -> bool:
        workdays = self.horizon.get("workdays", (1, 2, 3, 4, 5))
        extra = {day(d) for d in self.horizon.get("extra_workdays", ())}
        off = {day(d) for d in self.horizon.get("holidays", ())}
        return (today.isoweekday() in workdays or today in extra) and today not in off

    def number_of(self, today: dt.date) -> int:
        """Calendar weeks since the one the horizon begins in."""
        monday = self.start - dt.timedelta(days=self.start.weekday())
        return (today - monday).days // 7

    def first_week(self, earliest: dt.date | None) -> int:
        """The week of the next working day."""
        if earliest is None or earliest < self.days[0]:
            return 0
        return self.number_of(next((d for d in self.days if d >= earliest and self.is_worked(d)), earliest))

    def due_week(self, due: dt.date | None) -> int:
        """The week of the last working day up to it; a day outside the horizon is in its own week."""
        if due is None:
            return len(self.names) - 1
        if not self.days[0] <= due <= self.days[-1]:
            return self.number_of(due)
        before = [d for d in self.days if d <= due and self.is_worked(d)]
        return self.number_of(before[-1]) if before else -1

    def hours(self, rep: Row) -> list[float]:
        """Selling hours of each week."""
        own = number(rep.get("hours_per_week"))
        weekly = self.horizon.get("hours_per_week", 40.0) if own is None else own
        daily = weekly * self.horizon.get("field_share", 0.6)
        daily /= max(len(set(self.horizon.get("workdays", (1, 2, 3, 4, 5)))), 1)
        starts, ends, ramp = day(rep.get("starts")), day(rep.get("ends")), number(rep.get("ramp_weeks"))
        away = [a for a in self.absences if a["rep_id"] == rep["rep_id"]]
        total = [0.0] * len(self.names)
        for today in filter(self.is_worked, self.days):
            if (starts and today < starts) or (ends and today > ends):
                continue
            if any(a["starts"] <= today.isoformat() <= a["ends"] for a in away):
                continue
            share = min(1.0, ((today - starts).days + 0.5) / (7 * ramp)) if starts and ramp else 1.0
            for season in self.horizon.get("seasons", ()):
                if season["starts"] <= today <= season["ends"]:
                    share *= season["share"]
            total[self.number_of(today)] += daily * share
        return total


def judge_weeks(case: Path, out: Path) -> list[Complaint]:
    """Everything that is wrong with the schedule in ``out``."""
    scenario = tomllib.loads((case / "scenario.toml").read_text(encoding="utf-8"))
    calendar = Calendar(case, scenario)
    rows = read_table(out / "tasks.csv")
    said = json.loads((out / "result.json").read_text(encoding="utf-8"))["schedule"]
    found: list[Complaint] = []
    if said["weeks"] != calendar.names:
        found.append(Complaint("weeks", f"{said['weeks']} are not {calendar.names}"))
    _check_all_there(case, scenario, out, rows, found)
    _check_windows(case, calendar, rows, said, found)
    _check_order(case, calendar, rows, said, found)
    _check_doers(case, scenario, calendar, rows, found)
    _check_hours(case, scenario, calendar, out, rows, said, found)
    _check_spacing(case, scenario, calendar, out, rows, said, found)
    total = sum(round(1000 * hours) for hours in said["terms"].values())
    if total != round(1000 * said["objective"]) or said["bound"] > said["objective"]:
        found.append(
            Complaint("terms", f"{said['terms']} against {said['objective']}, bound {said['bound']}")
        )
    return found


def _open_tasks(case: Path) -> dict[str, Row]:
    return {t["task_id"]: t for t in read_table(case / "tasks.csv") if t.get("status") in (None, "", "open")}


def _tier_of(case: Path, scenario: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The tier of each customer, as the scenario has it."""
    tiers = scenario.get("tiers", DEFAULT_TIERS)
    blank = scenario.get("default_tier", list(tiers)[-1])
    return {c["customer_id"]: tiers[c.get("tier") or blank] for c in read_table(case / "customers.csv")}


def _check_all_there(
    case: Path, scenario: dict[str, Any], out: Path, rows: list[Row], found: list[Complaint]
) -> None:
    """Every task given and every visit of every owned customer, once; what has no week is in slips.csv."""
    listed, given = Counter(r["task_id"] for r in rows), _open_tasks(case)
    found += [Complaint("tasks", f"{t} is there {n} times") for t, n in listed.items() if n > 1]
    found += [Complaint("tasks", f"{t} is missing") for t in given if t not in listed]
    owner = {r["customer_id"]: r["rep_id"] for r in read_table(out / "assignments.csv")}
    own_hours: dict[str, float] = defaultdict(float)
    for task in given.values():
        own_hours[task.get("customer_id", "")] += float(task["hours"])
    weeks = int(scenario.get("horizon", {}).get("weeks", 13))
    hours, said = (
        {c["customer_id"]: c.get(column) for c in read_table(case / "customers.csv")}
        for column in ("hours", "visits")
    )
    visits = Counter(r["customer_id"] for r in rows if r["task_id"] not in given)
    for customer, tier in _tier_of(case, scenario).items():
        asked = tier["visits"] * weeks / 13
        if (own := number(said.get(customer))) is not None:
            asked = own
        whole = number(hours.get(customer))
        left = asked * tier["hours_per_visit"] if whole is None else whole - own_hours[customer]
        wanted = max(round(asked), 1) if owner[customer] and asked and left > 0 else 0
        if visits[customer] != wanted:
            found.append(Complaint("tasks", f"{customer} has {visits[customer]} visits, not {wanted}"))
    for row in rows:
        if row["owner_id"] != owner.get(row["customer_id"], ""):
            found.append(Complaint("owner", f"{row['task_id']}: {row['owner_id']} does not own the customer"))
    slipping = {r["task_id"] for r in read_table(out / "slips.csv")}
    if slipping != {r["task_id"] for r in rows if not r["week"]}:
        found.append(Complaint("slips", "slips.csv and the tasks without a week differ"))
    if any(not r["reason"] for r in read_table(out / "slips.csv")):
        found.append(Complaint("slips", "a slip without a reason"))


def _told(said: dict[str, Any], code: str) -> dict[Any, float]:
    """What the result itself reports, by task or by rep and week: the amount."""
    return {
        (v["rep_id"], v["week"]) if code == "over_week" else v["task_id"]: v["amount"]
        for v in said["violations"]
        if v["code"] == code
    }


def _check_windows(
    case: Path, calendar: Calendar, rows: list[Row], said: dict[str, Any], found: list[Complaint]
) -> None:
    """No task before its first week, unless told so; weeks late as told."""
    given, early, late = _open_tasks(case), _told(said, "too_early"), 0
    for row in filter(lambda r: r["week"], rows):
        task, week = given.get(row["task_id"], {}), calendar.names.index(row["week"])
        before = calendar.first_week(day(task.get("earliest"))) - week
        if before > 0 and early.get(row["task_id"]) != before:
            found.append(Complaint("window", f"{row['task_id']} is {before} weeks early"))
        after = max(0, week - calendar.due_week(day(task.get("due"))))
        late += after > 0
        if row["late_weeks"] != str(after):
            found.append(
                Complaint("late", f"{row['task_id']} is {after} weeks late, not {row['late_weeks']}")
            )
    if late != said["late"] or sum(not r["week"] for r in rows) != said["slipping"]:
        found.append(Complaint("late", "the result counts late or slipping tasks wrongly"))


def _check_order(
    case: Path, calendar: Calendar, rows: list[Row], said: dict[str, Any], found: list[Complaint]
) -> None:
    """Nothing before what it waits for; in the same week only where one rep does both."""
    at = {r["task_id"]: r for r in rows}
    told = _told(said, "not_after")
    for name, task in _open_tasks(case).items():
        for earlier in names(task.get("after")):
            if earlier not in at or name not in at or not at[name]["week"]:
                continue
            first, then = at[earlier], at[name]
            week = calendar.names.index(then["week"])
            ready = calendar.names.index(first["week"]) if first["week"] else len(calendar.names)
            if (week < ready or (week == ready and first["rep_id"] != then["rep_id"])) and name not in told:
                found.append(Complaint("order", f"{name} does not wait for {earlier}"))


def _check_doers(
    case: Path, scenario: dict[str, Any], calendar: Calendar, rows: list[Row], found: list[Complaint]
) -> None:
    """Who is named does it; who else does it has the skills."""
    texts = {r["rep_id"]: r.get("skills") for r in read_table(case / "reps.csv")}
    last: dict[str, dt.date] = {}  # the last working day of each week, its last day where there is none
    for works in (False, True):
        last |= {calendar.name(d): d for d in calendar.days if calendar.is_worked(d) or not works}
    given, kinds = _open_tasks(case), scenario.get("kinds", {})
    for row in filter(lambda r: r["week"], rows):
        task = given.get(row["task_id"], {})
        if task.get("doer"):
            if task["doer"] != row["rep_id"]:
                found.append(Complaint("doer", f"{row['task_id']} is for {task['doer']}"))
            continue
        needs = f"{task.get('requires') or ''};{kinds.get(row['kind'], {}).get('requires', '')}"
        for skill, level in skills(needs, None).items():
            if skills(texts[row["rep_id"]], last[row["week"]]).get(skill, 0) < level:
                found.append(Complaint("doer", f"{row['rep_id']} lacks {skill} for {row['task_id']}"))


def _check_hours(
    case: Path,
    scenario: dict[str, Any],
    calendar: Calendar,
    out: Path,
    rows: list[Row],
    said: dict[str, Any],
    found: list[Complaint],
) -> None:
    """Every week of every rep as load.csv says, and over its hours only where and as far as it is told."""
    load: dict[tuple[str, str], float] = defaultdict(float)
    for row in filter(lambda r: r["week"], rows):
        load[row["rep_id"], row["week"]] += float(row["hours"])
    share = scenario.get("schedule", {}).get("week_limit", 1.0)
    told, written = _told(said, "over_week"), read_table(out / "load.csv")
    lines = {(r["rep_id"], r["week"]): r for r in written}
    over: dict[tuple[str, str], float] = {}
    for rep in read_table(case / "reps.csv"):
        for name, hours in zip(calendar.names, calendar.hours(rep), strict=True):
            place = (rep["rep_id"], name)
            above = load[place] - hours * share
            if above > SLACK:
                over[place] = above
            expected = {
                "hours": load[place], "available_hours": hours, "capacity_hours": hours * share,
                "over_hours": max(0.0, above),
            }  # fmt: skip
            for column, value in expected.items():
                if abs(float(lines[place][column]) - value) > SLACK:
                    found.append(Complaint("load", f"{place} {column}: {lines[place][column]}, not {value}"))
    if len(lines) != len(written) or over.keys() - told.keys() or set(load) - set(lines):
        found.append(Complaint("over", f"not told: {over.keys() - told.keys()}"))
    for place, amount in told.items():
        if abs(amount - over.get(place, 0.0)) > SLACK:
            found.append(Complaint("over", f"{place}: told {amount}, is {over.get(place, 0.0)}"))


def _shares_before_leaving(case: Path, calendar: Calendar) -> dict[str, float]:
    """In what part of the horizon's weeks a rep who leaves within it is still there; a successor has the rest."""
    share = {}
    for rep in read_table(case / "reps.csv"):
        last = day(rep.get("ends"))
        if last and last < calendar.days[-1]:
            weeks = calendar.number_of(last) + 1 if last >= calendar.days[0] else 0
            if weeks < len(calendar.names):
                share[rep["rep_id"]] = weeks / len(calendar.names)
    return share


def _check_spacing(
    case: Path,
    scenario: dict[str, Any],
    calendar: Calendar,
    out: Path,
    rows: list[Row],
    said: dict[str, Any],
    found: list[Complaint],
) -> None:
    """Visits of a customer far enough apart, by one rep; their mean distance from the ideal gap as told."""
    given, tiers, near = _open_tasks(case), _tier_of(case, scenario), _told(said, "visits_too_near")
    visits: dict[tuple[str, bool], list[Row]] = defaultdict(list)
    number_of = Counter(row["customer_id"] for row in rows if row["task_id"] not in given)
    share = _shares_before_leaving(case, calendar)
    slips = read_table(out / "slips.csv")
    stretched = {slip["task_id"] for slip in slips if slip["reason_code"] == "stretched"}
    for row in rows:
        if row["task_id"] not in given:
            customer, number = row["customer_id"], int(row["task_id"].rsplit(":", 1)[1])
            before = math.floor(number_of[customer] * share.get(row["owner_id"], 1.0) + 0.5)
            visits[customer, number > before].append(row)
    deviations = []
    for (customer, is_later), all_visits in list(visits.items()):
        ideal = tiers[customer].get("gap_weeks") or calendar.count / number_of[customer]
        left = sum(v["task_id"] not in stretched for v in all_visits)
        ideal *= len(all_visits) / max(left, 1)  # where intervals were stretched, the longer one is ideal
        done = [v for v in all_visits if v["week"]]
        weeks = sorted(calendar.names.index(v["week"]) for v in done)
        gaps = [then - first for first, then in pairwise(weeks)]
        least = tiers[customer].get("min_gap_weeks", max(1, ideal // 2))
        if is_later and weeks:
            told = [v["week"] for v in visits[customer, False] if v["week"]]
            if any(weeks[0] - calendar.names.index(name) < least for name in told):
                found.append(Complaint("spacing", f"{customer}: the successor's first visit comes too soon"))
        if any(gap < least for gap in gaps) and not near.keys() & {v["task_id"] for v in done}:
            found.append(Complaint("spacing", f"{customer}: weeks {weeks}, {least} apart at least"))
        if len({v["rep_id"] for v in done}) > 1:
            found.append(Complaint("spacing", f"the visits of {customer} have several doers"))
        if gaps:
            deviations.append(sum(abs(gap - ideal) for gap in gaps) / len(gaps))
    uneven = sum(deviation > 0.5 + 1e-9 for deviation in deviations)
    if said["uneven"] != uneven:
        found.append(Complaint("spacing", f"{uneven} customers are visited unevenly, told {said['uneven']}"))
    mean = sum(deviations) / len(deviations) if deviations else None
    if (mean is None) != (said["deviation_weeks"] is None) or (
        mean is not None and abs(mean - said["deviation_weeks"]) > 1e-4
    ):
        found.append(Complaint("spacing", f"mean deviation {mean}, told {said['deviation_weeks']}"))


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    found = judge_weeks(Path(sys.argv[1]), Path(sys.argv[2]))
    for complaint in found:
        print(f"{complaint.kind}: {complaint.sentence}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
