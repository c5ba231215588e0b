"""Generated cases are what they promise: of the asked size, sound, tight but plannable, always the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer import read_case
from optimizer.folders import OutputError
from optimizer.generating import FILL, generate_case, generate_frames
from optimizer.generating.wishes import SCENARIO
from optimizer.records import TABLES, Records, parse_skills
from optimizer.scenario import Scenario
from optimizer.workload import customer_hours, rep_capacity_hours

SIZES = [(1, 1), (2, 1), (1, 3), (25, 4), (300, 8), (2000, 40), (40, 60)]


def read_scenario(text: str) -> Scenario:
    return Scenario.model_validate(tomllib.loads(text))


def as_records(frames: dict[str, pd.DataFrame]) -> Records:
    return Records(**{t: frames[t].reindex(columns=list(TABLES[t].model_fields)) for t in TABLES})


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def case(request: pytest.FixtureRequest) -> tuple[tuple[int, int], dict[str, pd.DataFrame], Scenario]:
    frames, text = generate_frames(*request.param, seed=3)
    return request.param, frames, read_scenario(text)


def test_a_case_has_the_asked_sizes_and_only_columns_of_the_contract_in_its_order(case):
    (customers, reps), frames, _ = case
    assert (len(frames["customers"]), len(frames["reps"])) == (customers, reps)
    assert list(frames) == list(TABLES)
    for name, frame in frames.items():
        known = list(TABLES[name].model_fields)
        assert list(frame.columns) == [c for c in known if c in frame.columns]


def test_ids_are_unique_and_every_reference_is_known(case):
    _, frames, _ = case
    reps, customers = frames["reps"]["rep_id"], frames["customers"]["customer_id"]
    assert reps.is_unique and customers.is_unique and frames["tasks"]["task_id"].is_unique
    for column, ids in [
        (frames["customers"]["owner"], reps),
        (frames["tasks"]["customer_id"], customers),
        (frames["tasks"]["after"], frames["tasks"]["task_id"]),
        (frames["absences"]["rep_id"], reps),
        (frames["locks"]["customer_id"], customers),
        (frames["locks"]["rep_id"], reps),
        (frames["pairs"]["customer_id"], customers),
        (frames["pairs"]["rep_id"], reps),
        (frames["apart"]["customer_a"], customers),
        (frames["apart"]["customer_b"], customers),
    ]:
        assert set(column.dropna()) <= set(ids)
    assert not frames["pairs"].duplicated(["customer_id", "rep_id"]).any()


def test_every_row_keeps_the_contract_of_its_table(case):
    _, frames, _ = case
    for name, frame in frames.items():
        for row in frame.head(60).to_dict("records"):
            given = {k: v for k, v in row.items() if not pd.isna(v)}
            dates = {k: v.date() for k, v in given.items() if isinstance(v, pd.Timestamp)}
            TABLES[name].model_validate(given | dates)


@pytest.mark.parametrize(("customers", "reps"), [(25, 4), (300, 8), (2000, 40), (20_000, 40)])
def test_demand_fills_the_promised_share_of_capacity(customers, reps):
    frames, text = generate_frames(customers, reps, seed=5)
    records, scenario = as_records(frames), read_scenario(text)
    demand, capacity = customer_hours(records, scenario), rep_capacity_hours(records, scenario)
    assert demand.sum() / capacity.sum() == pytest.approx(FILL, abs=0.01)
    assert demand.max() < 0.35 * 312


def test_the_scenario_reads_and_counts_capacity_over_the_same_horizon_as_generating_did(case):
    _, _, scenario = case
    assert scenario.horizon == SCENARIO.horizon
    assert [c.measure for c in scenario.corridors] == ["hours", "potential"]
    assert scenario.tiers["A"].roles == ("farmer",)


def test_each_customer_has_several_reps_with_the_needed_skill_and_the_right_to_its_tier():
    frames, text = generate_frames(2000, 40, seed=7)
    scenario = read_scenario(text)
    reps = [
        (
            {s.name: s.level for s in parse_skills(rep.skills)},
            rep.tiers.split(";") if rep.tiers else "ABC",
            rep.role,
        )
        for rep in frames["reps"].itertuples()
    ]

    def able(tier: str, requires: object) -> int:
        needs, roles = parse_skills(requires), scenario.tiers[tier].roles
        return sum(
            tier in tiers
            and (not roles or role in roles)
            and all(held.get(s.name, 0) >= s.level for s in needs)
            for held, tiers, role in reps
        )

    kinds = frames["customers"][["tier", "requires"]].drop_duplicates()
    assert kinds["requires"].notna().sum() > 5
    assert min(able(k.tier, k.requires) for k in kinds.itertuples()) >= 2
    members = frames["customers"].dropna(subset="group").fillna({"requires": ""}).groupby("group")
    assert members[["tier", "requires"]].nunique().to_numpy().max() == 1


def test_customers_are_as_lumpy_as_promised():
    frames, _ = generate_frames(20_000, 200, seed=1)
    customers = frames["customers"]
    shares = customers["tier"].value_counts(normalize=True)
    assert shares["A"] == pytest.approx(0.1, abs=0.02) and shares["C"] == pytest.approx(0.6, abs=0.02)
    assert customers["owner"].notna().mean() == pytest.approx(0.97, abs=0.01)
    assert 0.1 < customers["requires"].notna().mean() < 0.15
    assert 0.02 < customers["group"].notna().mean() < 0.06
    potential = customers["potential"].sort_values(ascending=False)
    assert potential.head(2000).sum() > 0.3 * potential.sum()
    assert customers["potential"].corr(customers["revenue"]) > 0.5


def test_present_territories_are_near_but_unfair():
    frames, text = generate_frames(20_000, 200, seed=1)
    records, scenario = as_records(frames), read_scenario(text)
    hours, capacity = customer_hours(records, scenario), rep_capacity_hours(records, scenario)
    load = pd.Series(hours).groupby(frames["customers"]["owner"]).sum()
    load = load.reindex(frames["reps"]["rep_id"], fill_value=0.0).to_numpy() / capacity
    assert np.mean(load > 1.0) > 0.1 and np.mean(load < 0.7) > 0.1
    assert np.quantile(load, 0.99) < 1.8
    home = frames["reps"].set_index("rep_id")[["lat", "lon"]]
    owned = frames["customers"].dropna(subset="owner")
    away = owned[["lat", "lon"]].to_numpy() - home.loc[owned["owner"]].to_numpy()
    assert np.median(np.hypot(*away.T)) < 0.1 * np.ptp(home["lon"])


def test_locks_rivals_chains_and_pairs_speak_of_different_customers():
    frames, _ = generate_frames(4000, 60, seed=2)
    rivals = frames["apart"].to_numpy().ravel().tolist()
    chained = frames["customers"].dropna(subset="group")["customer_id"].tolist()
    named = [*rivals, *chained, *frames["locks"]["customer_id"], *frames["pairs"]["customer_id"]]
    assert len(named) == len(set(named))
    assert min(map(len, (rivals, chained, frames["locks"], frames["pairs"]))) > 0


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path):
    for name, seed in [("one", 4), ("two", 4), ("three", 5)]:
        generate_case(tmp_path / name, customers=200, reps=6, seed=seed)
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files == sorted([*(f"{t}.csv" for t in TABLES), "scenario.toml"])
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert (tmp_path / "one/customers.csv").read_bytes() != (tmp_path / "three/customers.csv").read_bytes()


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize(("customers", "reps"), [(1, 1), (25, 4), (600, 12)])
def test_a_written_case_reads_without_findings(tmp_path: Path, customers: int, reps: int, format: str):
    generate_case(tmp_path / "case", customers=customers, reps=reps, seed=9, format=format)
    case = read_case(tmp_path / "case")
    assert case.findings == []
    assert (len(case.records.customers), len(case.records.reps)) == (customers, reps)
    assert case.scenario.name == f"generated {customers} x {reps}"


def test_parquet_holds_the_same_as_csv(tmp_path: Path):
    generate_case(tmp_path / "csv", customers=150, reps=5, seed=1)
    generate_case(tmp_path / "parquet", customers=150, reps=5, seed=1, format="parquet")
    csv = pd.read_csv(tmp_path / "csv/customers.csv")
    parquet = pd.read_parquet(tmp_path / "parquet/customers.parquet")
    assert csv["customer_id"].tolist() == parquet["customer_id"].tolist()
    assert np.array_equal(csv["hours"], parquet["hours"], equal_nan=True)


def test_a_folder_that_holds_anything_is_left_as_it_is(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        generate_case(tmp_path, customers=10, reps=2)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled_and_a_failure_leaves_nothing(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    generate_case(tmp_path / "empty", customers=10, reps=2)
    with pytest.raises(ValueError, match="customers must be"):
        generate_case(tmp_path / "never", customers=0, reps=2)
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]
