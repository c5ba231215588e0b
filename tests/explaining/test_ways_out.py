"""A way out is as it is said: whoever reads its sentence word by word, and does that, is out."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from optimizer.evaluation import evaluate
from optimizer.explaining.limits.changes import Change
from optimizer.explaining.limits.lifting import Limit, lift
from optimizer.problem import Problem
from tests.explaining.planted import PLANTED
from tests.explaining.test_conflicts import answer


def read_number(said: str) -> float:
    return float(said.replace(",", ""))


def do_as_said(problem: Problem, change: Change) -> Problem | None:
    """The problem after what the English sentence of a change says, read word by word; None for other changes."""
    said = change.sentence("en")
    rep = {name: k for k, name in enumerate(problem.rep_ids.tolist())}
    customer = {name: k for k, name in enumerate(problem.customer_ids.tolist())}
    if change.code == "raise_hours":
        limit = problem.load_limit.copy()
        for name, hours in re.findall(r"(r\d) by [\d.,]+ h a week \(([\d.,]+) selling h in all\)", said):
            limit[rep[name]] += round(read_number(hours) * 1000)
        return replace(problem, load_limit=limit)
    if change.code in ("raise_count", "lower_count"):
        (count,) = problem.counts
        end = "high" if change.code == "raise_count" else "low"
        ends = getattr(count, end).copy()
        for value, name in re.findall(r"(\d+) for (r\d)", said):
            ends[rep[name]] = int(value)
        return replace(problem, counts=(replace(count, **{end: ends}),))
    if change.code == "widen_corridor":
        (corridor,) = problem.corridors
        share = read_number(re.findall(r"to ±([\d.]+)%", said)[0]) / 100
        low, high = corridor.target * (1 - share), corridor.target * (1 + share)
        ends = {"low": np.ceil(low - 1e-6), "high": np.floor(high + 1e-6)}
        wide = replace(corridor, **{name: value.astype(np.int64) for name, value in ends.items()})
        return replace(problem, corridors=(wide,))
    if change.code == "raise_budget":
        (budget,) = problem.budgets
        after = read_number(re.findall(r"in all ([\d.,]+) \(customers\) instead of", said)[0])
        return replace(problem, budgets=(replace(budget, limit=np.array([int(after)])),))
    if change.code == "raise_distance":
        return replace(problem, distance_limit=read_number(re.findall(r"up to ([\d.,]+) km", said)[0]))
    if change.code == "excuse":
        names = re.findall(r"c\d", said)
        assert f"Leave {len(names)} customer" in said
        return replace(problem, excused=np.union1d(problem.excused, [customer[name] for name in names]))
    if change.code == "train":
        skill = problem.skill.copy()
        for name in re.findall(r"r\d", said):
            skill[rep[name], problem.skill_names.index("cardio")] = int(re.findall(r"level (\d)", said)[0])
        return replace(problem, skill=skill)
    if change.code == "permit":
        serves = problem.serves.copy()
        serves[[rep[name] for name in re.findall(r"r\d", said)], problem.tier_names.index("A")] = True
        return replace(problem, serves=serves)
    if change.code == "drop_lock":
        at = [customer[re.findall(r"c\d", said)[0]], rep[re.findall(r"r\d", said)[0]]]
        (k,) = np.flatnonzero((problem.lock_customer == at[0]) & (problem.lock_rep == at[1]))
        return lift(problem, [Limit("lock", int(k))])
    return None


def test_a_way_out_is_open_to_whoever_does_what_its_sentence_says() -> None:
    met = set()
    for name in PLANTED:
        found = answer(name)
        for way in found.ways:
            after: Problem | None = found.problem
            for change in sorted(way.changes, key=lambda one: one.code == "drop_lock", reverse=True):
                after = None if after is None else do_as_said(after, change)
            if after is not None:
                met |= {change.code for change in way.changes}
                score = evaluate(after, way.plan)
                assert score.keeps_all, (name, way.sentence("en"))
                assert score.objective == way.objective
    assert met == {
        "drop_lock", "excuse", "lower_count", "permit", "raise_budget", "raise_count", "raise_distance", "raise_hours",
        "train", "widen_corridor",
    }  # fmt: skip
