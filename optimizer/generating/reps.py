"""Invented reps: skills and rights spread evenly over the map, some part-time, some new, some on leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from optimizer.generating.places import Places, to_degrees
from optimizer.generating.wishes import START, WEEKS
from optimizer.problem import Bools, Ints

SKILLS = ("imaging", "surgical", "laboratory", "dental", "spanish")
FIRST = (
    "Ada Ben Carla Dev Elena Femi Grace Hugo Ines Jonas Keiko Liam Mara Noor Omar Priya Rosa Sven Tara Yusuf"
)
LAST = "Abbot Baker Castro Diaz Egan Fischer Gupta Haas Ivers Jansen Khan Lopez Moreau Novak Okoye Park Ross"

# What is particular about the reps of each block of ten neighbours, in an order of their own every time.
TIERS = np.array(["", "", "B;C", "B;C", "A;B", "", "", "", "", ""], dtype=object)
ROLES = np.array(["farmer"] * 8 + ["hunter"] * 2, dtype=object)
FIRST_SKILL = np.array([0, 1, 2, 3, 4, 0, 1, 2, -1, -1])


@dataclass(frozen=True, eq=False)
class Sellers:
    """The table of reps and the same as arrays: in ``level`` everybody masters the last column."""

    frame: pd.DataFrame
    skills: Ints  # [R, 2] skills held, -1: none
    level: Ints  # [R, S + 1]
    serves: Bools  # [R, 3] tiers A, B, C
    here: Bools  # [R] works already when the horizon starts
    new: Bools  # [R] started lately, still growing


def invent_reps(rng: Generator, places: Places) -> Sellers:
    """Reps in the order of cities: a fifth hunters (no tier A), a fifth juniors, 4 % new, 12 % part-time."""
    count = len(places.rep)
    tiers, role, first = (_deal(rng, some, count) for some in (TIERS, ROLES, FIRST_SKILL))
    second = np.where(rng.random(count) < 0.3, rng.integers(0, len(SKILLS), count), -1)
    skills = np.column_stack((first.astype(np.int64), np.where(second == first, -1, second)))
    level = np.zeros((count, len(SKILLS) + 1), dtype=np.int64)
    level[:, -1] = 1
    held = rng.choice([1, 2, 3], skills.shape, p=[0.3, 0.4, 0.3])
    for column in range(2):
        has = skills[:, column] >= 0
        level[has, skills[has, column]] = held[has, column]
    serves = np.ones((count, 3), dtype=np.bool_)
    serves[tiers == "B;C", 0] = False
    serves[role == "hunter", 0] = False
    serves[tiers == "A;B", 2] = False

    part_time = np.where(rng.random(count) < 0.12, rng.choice([20.0, 24.0, 32.0], count), np.nan)
    draw = rng.permutation(count) / count
    coming = draw < 0.02 if count >= 50 else draw < 0
    new = (draw >= 0.98) if count >= 50 else (draw == draw.max()) & (count >= 5)
    starts = pd.Series(pd.NaT, index=range(count), dtype="datetime64[us]")
    starts[coming] = pd.Timestamp(START) + pd.to_timedelta(
        14 + 7 * rng.integers(0, 4, int(coming.sum())), "D"
    )
    starts[new] = pd.Timestamp(START) - pd.to_timedelta(28 + 7 * rng.integers(0, 4, int(new.sum())), "D")
    lat, lon = to_degrees(places.rep)
    frame = pd.DataFrame(
        {
            "rep_id": number("R", count),
            "name": rng.choice(FIRST.split(), count)
            + np.array(" ", dtype=object)
            + rng.choice(LAST.split(), count),
            "team": places.city_team[places.rep_city],
            "role": role,
            "lat": lat,
            "lon": lon,
            "skills": [_skills_text(*pair) for pair in zip(skills.tolist(), level.tolist(), strict=True)],
            "tiers": tiers,
            "hours_per_week": part_time,
            "starts": starts,
            "ends": pd.Series(pd.NaT, index=range(count), dtype="datetime64[us]"),
            "ramp_weeks": np.where(coming | new, 13.0, np.nan),
        }
    )
    return Sellers(frame, skills, level, serves, ~coming, new)


def invent_absences(rng: Generator, reps: pd.DataFrame) -> pd.DataFrame:
    """One rep in ten is away for one or two weeks, one in fifty for six; none of the new ones."""
    who = np.flatnonzero((rng.random(len(reps)) < 0.12) & reps["starts"].isna().to_numpy())
    if len(reps) < 5:
        who = who[:0]
    weeks = rng.choice([1, 2, 6], len(who), p=[0.5, 0.33, 0.17])
    first = np.floor(rng.random(len(who)) * (WEEKS - weeks + 1)).astype(np.int64)
    starts = pd.Timestamp(START) + pd.to_timedelta(7 * first, "D")
    return pd.DataFrame(
        {
            "rep_id": reps["rep_id"].to_numpy()[who],
            "starts": starts,
            "ends": starts + pd.to_timedelta(7 * weeks - 3, "D"),  # the Friday of the last week
        }
    )


def number(letter: str, count: int) -> NDArray[np.object_]:
    """Ids ``R001`` to ``R120``, all of one length."""
    width = len(str(count))
    digits = np.arange(1, count + 1).astype(f"U{width}")
    # zfill of numpy 2 refuses an empty array.
    return (
        np.char.add(letter, np.char.zfill(digits, width)).astype(object)
        if count
        else np.array([], dtype=object)
    )


def pick(names: Any, index: Ints) -> NDArray[np.object_]:
    """``names[index]``; None where the index is -1."""
    with_none: NDArray[np.object_] = np.array([*names, None], dtype=object)
    return with_none[index]


def _deal(rng: Generator, cards: NDArray[Any], count: int) -> NDArray[Any]:
    """The cards dealt again and again, each deal shuffled but for its first: all kinds everywhere."""
    deals = -(-count // len(cards))
    order = np.argsort(rng.random((deals, len(cards) - 1)), axis=1, kind="stable") + 1
    return cards[np.concatenate((np.zeros((deals, 1), dtype=np.int64), order), axis=1).ravel()[:count]]


def _skills_text(held: list[int], level: list[int]) -> str:
    said = sorted(s for s in held if s >= 0)
    return ";".join(SKILLS[s] + (f":{level[s]}" if level[s] > 1 else "") for s in said)
