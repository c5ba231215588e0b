"""Generated cases made hard: too little time, one scarce skill, a crowded city, islands, locks everywhere.

Each hardship takes the tables of a generated case and the text of its scenario, changes the tables where they are,
and returns the scenario. The same numbers and seed give the same case. What is hard about it stands in its docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.generating import FILL, generate_frames
from optimizer.generating.reps import pick
from optimizer.problem import Bools

Frames = dict[str, pd.DataFrame]
Hardship = Callable[[Frames, str], str]

HOURS_PER_WEEK = 40.0  # of a generated rep for whom nothing else is said
CITY = (39.0, -98.0)  # in the middle of the generated region


def lack_hours(frames: Frames, scenario: str) -> str:
    """Total capacity is short by 10 %."""
    reps = frames["reps"]
    reps["hours_per_week"] = reps["hours_per_week"].fillna(HOURS_PER_WEEK) * FILL * 0.9
    return scenario


def lack_a_skill(frames: Frames, scenario: str) -> str:
    """One skill in 25 reps, asked for by one customer in 10."""
    reps, customers = frames["reps"], frames["customers"]
    reps["skills"] = [_and(s, "laser:2") if i % 25 == 12 else s for i, s in enumerate(reps["skills"])]
    free = ~customers["customer_id"].isin(frames["locks"]["customer_id"]) & customers["group"].isna()
    some = free & (np.arange(len(customers)) % 10 == 0)
    customers["requires"] = [
        _and(s, "laser:2") if asked else s for s, asked in zip(customers["requires"], some, strict=True)
    ]
    return scenario


def crowd(frames: Frames, scenario: str) -> str:
    """Half of all customers, and the reps who own them, in one dense city."""
    reps, customers = frames["reps"], frames["customers"]
    rng = np.random.default_rng(1)
    inside = np.arange(len(reps)) % 2 == 0
    _settle(rng, reps, inside, 0.03)
    _settle(rng, customers, customers["owner"].isin(reps["rep_id"][inside]).to_numpy(), 0.05)
    return scenario


def part_by_sea(frames: Frames, scenario: str) -> str:
    """Two islands 4,400 km from each other, a third of the reps on the one, two thirds on the other."""
    border = frames["reps"]["lon"].quantile(1 / 3)
    for name in ("reps", "customers"):
        place = frames[name]
        place.loc[place["lon"] > border, "lat"] -= 40.0
    return scenario


def lock_all(frames: Frames, scenario: str) -> str:
    """All customers locked to their present owners, and overtime has a price."""
    scenario = scenario.replace("[capacity]", "[capacity]\nprice = 2.0")
    return lock_all_without_pardon(frames, scenario)


def lock_all_without_pardon(frames: Frames, scenario: str) -> str:
    """All customers locked to their present owners, some of whom then have more work than hours."""
    for name in ("apart", "pairs"):  # what speaks against a lock is an error of the input
        frames[name] = frames[name].iloc[:0]
    owned = frames["customers"][["customer_id", "owner"]].dropna()
    frames["locks"] = pd.DataFrame(
        {"customer_id": owned["customer_id"], "rep_id": owned["owner"], "kind": "keep"}
    )
    return scenario


def take_hours_away(frames: Frames, scenario: str) -> str:
    """One rep in twenty has no hours at all and owns customers now."""
    reps = frames["reps"]
    idle = np.arange(len(reps)) % 20 == 5
    reps.loc[idle, "hours_per_week"] = 0.0
    locks = frames["locks"]
    frames["locks"] = locks[~locks["rep_id"].isin(reps["rep_id"][idle])]
    return scenario


def outgrow(frames: Frames, scenario: str) -> str:
    """One customer for every ten reps has three times the potential of a whole territory."""
    customers = frames["customers"]
    giant = np.arange(len(customers)) % (10 * len(customers) // len(frames["reps"])) == 7
    fair = customers.loc[~giant, "potential"].sum() / len(frames["reps"])
    customers.loc[giant, "potential"] = np.round(3 * fair, -3)
    return scenario


def outgrow_without_pardon(frames: Frames, scenario: str) -> str:
    """The same giants, and the corridor of potential is hard."""
    return outgrow(frames, scenario).replace("price = 1.0\n\n[capacity]", "\n[capacity]")


def level(frames: Frames, scenario: str) -> str:
    """Equal costs everywhere: no places, owners or skills; all customers alike, all reps alike."""
    customers, reps = frames["customers"], frames["reps"]
    for name in ("tasks", "absences", "locks", "pairs", "apart"):
        frames[name] = frames[name].iloc[:0]
    customers[["lat", "lon", "relationship"]] = np.nan
    customers[["owner", "requires", "prefers", "group"]] = None
    reps[["lat", "lon", "hours_per_week", "ramp_weeks"]] = np.nan
    reps[["skills", "tiers", "role"]] = None
    reps[["starts", "ends"]] = pd.NaT
    reps["role"] = "farmer"
    customers["tier"], customers["potential"] = "C", 100.0
    customers["hours"] = np.round(FILL * 300 * len(reps) / len(customers), 3)
    return scenario


def unbalance(frames: Frames, scenario: str) -> str:
    """Every owner is outside its corridor: of three neighbours one owns nearly all customers of the three."""
    reps, customers = frames["reps"], frames["customers"]
    number = pd.Index(reps["rep_id"]).get_indexer(pd.Index(customers["owner"]))
    taken = np.arange(len(customers)) % 20 > 0
    customers["owner"] = pick(reps["rep_id"], np.where(taken & (number >= 0), number // 3 * 3, number))
    frames["locks"] = frames["locks"].iloc[:0]
    return scenario


HARDSHIPS: tuple[Hardship, ...] = (
    lack_hours,
    lack_a_skill,
    crowd,
    part_by_sea,
    lock_all,
    lock_all_without_pardon,
    take_hours_away,
    outgrow,
    outgrow_without_pardon,
    level,
    unbalance,
)


def write_hard_case(hardship: Hardship, folder: Path, *, customers: int, reps: int, seed: int = 0) -> Path:
    """Write a generated case made hard to ``folder``, as CSV files, and return the folder."""
    frames, scenario = generate_frames(customers, reps, seed)
    scenario = hardship(frames, scenario)
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d", lineterminator="\n")
    (folder / "scenario.toml").write_text(scenario, encoding="utf-8", newline="\n")
    return folder


def _and(names: object, name: str) -> str:
    """One more in a list of names."""
    return f"{names};{name}" if isinstance(names, str) and names else name


def _settle(rng: np.random.Generator, place: pd.DataFrame, who: Bools, reach: float) -> None:
    """Give some rows points around the city; ``reach`` is in degrees."""
    point = CITY + rng.standard_normal((int(who.sum()), 2)) * reach
    place.loc[who, ["lat", "lon"]] = np.round(point, 5)
