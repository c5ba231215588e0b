"""Enlarging: a problem with one customer more, without building the others again.

What the others have is taken over; what a single customer can change of all (totals and so targets and prices, the
middle of a territory, a group) is told anew. It is the problem that ``build_problem`` gives for the case with this
customer behind the others, to the last unit; needs that are written alike may be listed twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer import workload
from optimizer.building import (
    build_prices,
    handover_hours,
    number_groups,
    spare_present,
    unserved_hours,
    whole_hours,
)
from optimizer.case import Case
from optimizer.geography import home_points, nearest_km, unit_points
from optimizer.limits import SHOWN, build_budgets, build_corridors, build_measures, limit_load
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Measure, Problem, to_units
from optimizer.records import Skill, parse_skills


def add_customer(problem: Problem, case: Case, row: pd.DataFrame) -> Problem:
    """``problem``, which is that of ``case``, with the customer of ``row`` behind the others.

    ``row``: one row with the columns and types of the case's customers, as reading lets it through. KeyError for a
    tier or an owner that the case does not have.
    """
    records, scenario = case.records, case.scenario
    reps, customers = records.reps, records.customers
    alone = replace(records, customers=row, tasks=records.tasks.head(0))
    one_tier = workload.customer_tiers(alone, scenario)
    one_hours = to_units(workload.customer_hours(alone, scenario))
    one_owner = workload.index_of(reps["rep_id"], row["owner"])

    hours, tier = np.append(problem.hours, one_hours), np.append(problem.tier, one_tier)
    owner = np.append(problem.owner, one_owner)
    rate = np.append(problem.travel_rate, workload.travel_rate(alone, scenario) * UNITS_PER_HOUR)
    points = np.vstack([problem.customer_point, unit_points(*_points(row))])
    homes = home_points(*_points(reps), owner, points)
    needs = _join_needs(problem, row)
    measures = _join_measures(problem, case, row, hours)
    prices = build_prices(
        scenario,
        hours,
        rate,
        problem.pair_hours,
        problem.pair_travel,
        problem.counts,
        needs["skill_names"],
        len(records.apart),
    )
    enlarged = replace(
        problem,
        customer_ids=np.append(problem.customer_ids, row["customer_id"].to_numpy(dtype=object)),
        tier=tier,
        hours=hours,
        travel_rate=rate,
        customer_point=points,
        nearest_km=_join_nearest(problem, points, homes),
        owner=owner,
        handover=np.append(problem.handover, handover_hours(alone, scenario, one_tier, one_owner)),
        unserved=np.append(problem.unserved, unserved_hours(scenario, one_tier, whole_hours(row, one_hours))),
        group=_join_group(problem, customers["group"], row["group"]),
        measures=measures,
        load_limit=limit_load(problem.capacity, scenario.capacity.limit),
        rep_point=homes,
        corridors=build_corridors(reps, scenario, measures, problem.capacity),
        budgets=build_budgets(scenario, measures, tier, owner, problem.n_reps),
        **needs,
        **prices,
    )
    spares = scenario.capacity.spares_present and scenario.capacity.price is None
    return spare_present(enlarged, reps, scenario.horizon) if spares else enlarged


def _points(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Latitudes and longitudes."""
    return frame["lat"].to_numpy(np.float64), frame["lon"].to_numpy(np.float64)


def _join_nearest(problem: Problem, points: Floats, homes: Floats) -> Floats:
    """Kilometres to the nearest home; of all, where the new customer has changed where somebody lives."""
    if np.array_equal(homes, problem.rep_point, equal_nan=True):
        return np.append(problem.nearest_km, nearest_km(points[-1:], homes))
    return nearest_km(points, homes)


def _join_group(problem: Problem, others: pd.Series[Any], one: pd.Series[Any]) -> Ints:
    if one.isna().item():
        return np.append(problem.group, -1)
    return number_groups(pd.concat([others, one], ignore_index=True))


def _join_measures(problem: Problem, case: Case, row: pd.DataFrame, hours: Ints) -> tuple[Measure, ...]:
    """The measures there are then: one that nobody had may come with the customer."""
    customers = case.records.customers
    columns = {
        name: np.append(customers[name].to_numpy(np.float64), row[name].to_numpy(np.float64))
        for name in {*SHOWN, *(measure.name for measure in problem.measures[2:])}
    }
    return build_measures(pd.DataFrame(columns), hours, case.scenario)


def _join_needs(problem: Problem, row: pd.DataFrame) -> dict[str, Any]:
    """Skills, and who has, requires and prefers them; the customer's needs are rows of their own."""
    required, preferred = parse_skills(row["requires"].item()), parse_skills(row["prefers"].item())
    names = tuple(sorted({*problem.skill_names, *(skill.name for skill in required + preferred)}))
    column = {name: at for at, name in enumerate(names)}
    known = [column[name] for name in problem.skill_names]

    def join(levels: Ints, more: tuple[Skill, ...] | None) -> Ints:
        wide = np.zeros((len(levels) + (more is not None), len(names)), dtype=np.int64)
        wide[: len(levels), known] = levels
        for skill in more or ():
            wide[-1, column[skill.name]] = max(wide[-1, column[skill.name]], skill.level)
        return wide

    return {
        "skill_names": names,
        "skill": join(problem.skill, None),
        "requirement": np.append(problem.requirement, len(problem.requirements)),
        "requirements": join(problem.requirements, required),
        "preference": np.append(problem.preference, len(problem.preferences)),
        "preferences": join(problem.preferences, preferred),
    }
