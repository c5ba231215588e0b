"""Variants: what a patch touches, that the base case stays, and that all that is wrong is told, with its line."""

import datetime as dt
import json
import pickle
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from optimizer import cli
from optimizer.comparing import apply_variant, compose, make_variant, pick_variant, read_variants, set_values
from optimizer.findings import InputError
from optimizer.reading import read_case
from optimizer.workload import customer_hours

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def base():
    return read_case(SCENARIOS / "quickstart")


def _lay(base, **content):
    return apply_variant(base, make_variant("x", content))


def _told(patched):
    return [(t.table, t.action, t.column, t.count, t.before, t.after) for t in patched.touched]


def _codes(base, **content):
    with pytest.raises(InputError) as refused:
        _lay(base, **content)
    return {f.code for f in refused.value.findings}


# The scenario ---------------------------------------------------------------------------------------------


def test_values_of_the_scenario_change_by_their_places_and_the_base_stays(base):
    before = base.input_hash
    patched = apply_variant(base, set_values("x", {"corridors.0.tolerance": 0.05, "travel.price": 2}))
    assert patched.case.scenario.corridors[0].tolerance == 0.05
    assert patched.case.scenario.travel.price == 2
    assert base.scenario.corridors[0].tolerance == 0.1
    assert patched.case.input_hash != before == base.input_hash
    assert patched.case.variant == "x"
    assert _told(patched) == [
        ("scenario", "set", "corridors[0].tolerance", 1, 0.1, 0.05),
        ("scenario", "set", "travel.price", 1, 1.0, 2.0),
    ]


def test_a_variant_that_sets_what_is_there_already_gives_an_equal_case(base):
    same = {"corridors.0.tolerance": base.scenario.corridors[0].tolerance}
    patched = apply_variant(base, set_values("x", same))
    assert patched.touched == []
    assert patched.case.input_hash == base.input_hash
    assert patched.case.findings == base.findings  # a grid of values holds the base point too: no warning
    told = _lay(base, scenario={"travel": {"price": base.scenario.travel.price}}).case.findings
    assert [f.code for f in told if f not in base.findings] == ["variant_same"]


def test_an_item_is_named_by_its_measure_and_an_empty_text_makes_a_corridor_hard(base):
    patched = _lay(base, scenario={"corridors": {"hours": {"price": ""}}})
    assert patched.case.scenario.corridors[0].price is None


def test_an_empty_text_takes_an_item_or_a_tier_away_and_a_table_adds_one(base):
    tiers = {"D": {"visits": 1, "hours_per_visit": 1}}
    patched = _lay(base, scenario={"disruption": {"budgets": {"1": ""}}, "tiers": tiers})
    assert len(patched.case.scenario.disruption.budgets) == len(base.scenario.disruption.budgets) - 1
    assert list(patched.case.scenario.tiers) == ["A", "B", "C", "D"]
    assert "D" not in base.scenario.tiers


def test_every_wrong_place_and_value_is_told_at_once(base):
    with pytest.raises(InputError) as refused:
        apply_variant(
            base, set_values("x", {"corridors.9.tolerance": 1, "travel.speed": 3, "travel.price": -1})
        )
    found = {(f.code, f.column) for f in refused.value.findings}
    assert found == {("variant_no_item", "corridors[9]"), ("unknown_key", "travel.speed"),
                     ("bad_setting", "travel.price")}  # fmt: skip


# The tables -----------------------------------------------------------------------------------------------


def test_cells_change_by_filter_and_nothing_else_does(base):
    entry = {"table": "客户", "where": 'tier = "A" and 区域 = "Millford"',
             "set": {"关系": "95%"}, "times": {"potential": 1.1}, "plus": {"revenue": 10},
             "include": {"prefers": "export:2"}}  # fmt: skip
    patched = _lay(base, change=[entry])
    before, after = base.records.customers, patched.case.records.customers
    hit = (before["tier"] == "A") & (before["region"] == "Millford")
    assert hit.sum() == 1
    assert after["relationship"][hit].tolist() == pytest.approx([0.95])
    assert after["potential"][hit].tolist() == pytest.approx((before["potential"][hit] * 1.1).tolist())
    assert after["revenue"][hit].tolist() == (before["revenue"][hit] + 10).tolist()
    assert after["prefers"][hit].str.contains("export:2").all()
    pd.testing.assert_frame_equal(before[~hit], after[~hit])
    assert ("customers", "set", "potential", 1, 210000, pytest.approx(231000)) in _told(patched)


def test_a_team_is_merged_and_learns_a_skill(base):
    patched = _lay(base, change=[
        {"table": "reps", "where": 'team = "Coast"', "set": {"team": "Valley"}},
        {"table": "reps", "where": 'team = "Valley" and not skills has "food"', "include": {"skills": "food:2"}},
        {"table": "reps", "where": 'skills has "export"', "exclude": {"skills": "export"}},
    ])  # fmt: skip
    reps = patched.case.records.reps
    assert set(reps["team"]) == {"Valley"}
    assert reps["skills"].str.contains("food").all()
    assert not reps["skills"].str.contains("export").any()


def test_demand_grows_by_its_share_also_where_hours_come_from_the_tier(base):
    patched = _lay(base, demand=[{"where": 'segment = "core"', "percent": 20}])
    core = (base.records.customers["segment"] == "core").to_numpy()
    open_tasks = base.records.tasks["customer_id"].dropna().unique()
    plain = core & ~base.records.customers["customer_id"].isin(open_tasks).to_numpy()
    before = customer_hours(base.records, base.scenario)
    after = customer_hours(patched.case.records, patched.case.scenario)
    assert plain.sum() > 3
    assert after[plain] == pytest.approx(1.2 * before[plain])
    assert (after[~core] == before[~core]).all()


def test_a_rep_who_has_left_takes_along_what_speaks_of_the_rep(base):
    patched = _lay(base, leave=[{"rep_id": "maya"}])  # a keep lock of a customer of hers goes too
    records = patched.case.records
    assert "maya" not in set(records.reps["rep_id"])
    for table, column in (
        ("customers", "owner"),
        ("absences", "rep_id"),
        ("locks", "rep_id"),
        ("pairs", "rep_id"),
    ):
        assert "maya" not in set(records.tables()[table][column].dropna()), table
    assert ("reps", "remove", None, 1, None, None) in _told(patched)
    assert any(t.table == "locks" and t.action == "remove" for t in patched.touched)


def test_a_rep_with_a_last_day_keeps_the_customers_until_then(base):
    day = dt.date(2027, 2, 26)
    patched = _lay(base, leave=[{"rep_id": "tom", "last_day": day}])
    reps = patched.case.records.reps
    assert reps["ends"][reps["rep_id"] == "tom"].tolist() == [pd.Timestamp(day)]
    assert (patched.case.records.customers["owner"] == base.records.customers["owner"]).sum() > 20


def test_two_reps_join_and_stand_below_the_others(base):
    rows = [{"rep_id": "n1", "lat": 52, "lon": -1, "skills": "food:2", "starts": dt.date(2027, 1, 18)},
            {"rep_id": "n2", "姓名": "B", "hours_per_week": "20"}]  # fmt: skip
    patched = _lay(base, add=[{"table": "reps", "rows": rows}])
    reps = patched.case.records.reps
    assert reps["rep_id"].tolist() == [*base.records.reps["rep_id"], "n1", "n2"]
    assert reps.dtypes.to_dict() == base.records.reps.dtypes.to_dict()
    assert reps["name"].iloc[-1] == "B" and reps["hours_per_week"].iloc[-1] == 20


def test_removed_customers_take_their_locks_tasks_and_pairs_along(base):
    patched = _lay(base, remove=[{"table": "customers", "where": 'tier = "C"'}])
    gone = set(base.records.customers["customer_id"]) - set(patched.case.records.customers["customer_id"])
    assert len(gone) == (base.records.customers["tier"] == "C").sum()
    for table in ("locks", "pairs", "tasks"):
        assert not gone & set(patched.case.records.tables()[table]["customer_id"]), table
    assert patched.case.records.tasks.index.tolist() == list(range(len(patched.case.records.tasks)))


def test_rows_are_found_by_the_customer_or_rep_they_name(base):
    patched = _lay(base, remove=[{"table": "absences", "where": 'rep.team = "Valley"'},
                                 {"table": "locks", "where": 'customer.tier = "A"'}])  # fmt: skip
    assert set(patched.case.records.absences["rep_id"]) <= {"ines", "kai"}
    assert 0 < len(patched.case.records.locks) < len(base.records.locks)


def test_variants_are_laid_one_after_another(base):
    join = make_variant("join", {"add": [{"table": "reps", "rows": [{"rep_id": "n1", "team": "New"}]}]})
    learn = make_variant(
        "learn", {"change": [{"table": "reps", "where": 'team = "New"', "set": {"skills": "food"}}]}
    )
    both = compose(join, learn)
    assert both.name == "join+learn"
    assert apply_variant(base, both).case.records.reps["skills"].iloc[-1] == "food"
    other = apply_variant(base, compose(learn, join))  # nobody is new yet
    assert pd.isna(other.case.records.reps["skills"].iloc[-1])
    assert "variant_no_rows" in {f.code for f in other.case.findings}
    assert (
        apply_variant(base, pickle.loads(pickle.dumps(both))).case.input_hash
        == apply_variant(base, both).case.input_hash
    )


# What is wrong --------------------------------------------------------------------------------------------


def test_a_filter_that_hits_nothing_is_a_finding_that_names_what_was_meant(base):
    patched = _lay(base, change=[{"table": "reps", "where": 'team = "Vally"', "set": {"team": "One"}},
                                 {"table": "reps", "set": {"team": "One"}}])  # fmt: skip
    (told,) = [f for f in patched.case.findings if f.code == "variant_no_rows"]
    assert told.severity == "warning" and told.column == "change[0].where"
    assert "Valley" in told.expected()


def test_a_value_that_nobody_has_is_told_although_another_hits(base):
    patched = _lay(
        base, change=[{"table": "reps", "where": 'team in ("Coast", "Vally")', "set": {"team": "One"}}]
    )
    told = [f for f in patched.case.findings if f.code.startswith("variant_")]
    assert [(f.code, f.severity, f.column, f.value) for f in told] == [
        ("variant_stranger", "warning", "change[0].where", "Vally")
    ]
    assert "Valley" in told[0].expected()


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("variant_table", {"remove": [{"table": "custs", "where": ""}]}),
        ("variant_column", {"remove": [{"table": "customers", "where": 'tear = "A"'}]}),
        ("variant_column", {"remove": [{"table": "customers", "where": 'house.tier = "A"'}]}),
        ("variant_column", {"change": [{"table": "reps", "set": {"temm": "One"}}]}),
        ("variant_column", {"add": [{"table": "reps", "rows": [{"rep_id": "n", "colour": "red"}]}]}),
        ("variant_filter", {"remove": [{"table": "customers", "where": "tier = A"}]}),
        ("variant_no_change", {"change": [{"table": "customers"}]}),
        ("variant_no_rep", {"leave": [{"rep_id": "tomm"}]}),
        ("variant_key", {"change": [{"table": "reps", "set": {"rep_id": "q"}}]}),
        ("variant_number", {"change": [{"table": "customers", "times": {"name": 2}}]}),
        ("variant_number", {"add": [{"table": "customers", "rows": [{"customer_id": "n", "size": "big"}]}]}),
        ("variant_range", {"change": [{"table": "customers", "times": {"relationship": 3}}]}),
        ("variant_no_list", {"change": [{"table": "customers", "include": {"name": "a"}}]}),
        ("variant_no_list", {"remove": [{"table": "customers", "where": 'name has "a"'}]}),
        ("variant_order", {"remove": [{"table": "customers", "where": 'tier > "A"'}]}),
        ("variant_tier", {"scenario": {"tiers": {"C": ""}}, "demand": [{"percent": 5}]}),
        ("variant_breaks", {"add": [{"table": "reps", "rows": [{"rep_id": "tom"}]}]}),
        ("variant_breaks", {"scenario": {"tiers": {"C": ""}}}),
        ("variant_breaks", {"remove": [{"table": "reps", "where": ""}]}),
        ("bad_number", {"remove": [{"table": "customers", "where": 'revenue > "lots"'}]}),
        ("bad_date", {"change": [{"table": "reps", "set": {"starts": "soon"}}]}),
        ("bad_skill", {"change": [{"table": "reps", "include": {"skills": "a:999"}}]}),
        ("missing_column", {"add": [{"table": "reps", "rows": [{"name": "No id"}]}]}),
        ("missing_key", {"add": [{"table": "reps", "rows": [{"rep_id": "n"}, {"name": "No id"}]}]}),
        ("variant_range", {"change": [{"table": "customers", "times": {"revenue": 1e12}}]}),
        ("variant_range", {"change": [{"table": "absences", "plus": {"ends": 1e6}}]}),
        ("variant_number", {"change": [{"table": "absences", "plus": {"ends": 1e300}}]}),
        ("unknown_key", {"chang": [{"table": "reps"}]}),
        ("missing_setting", {"remove": [{"table": "reps"}]}),
    ],
)  # fmt: skip
def test_what_cannot_be_laid_on_the_case_is_told(base, code, content):
    sized = base.records.customers.assign(size=1.0)
    tables = {**base.records.tables(), "customers": sized}
    case = replace(base, records=type(base.records)(**tables))
    assert code in _codes(case, **content)


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("variant_empty_cells", {"plus": {"ends": 7}, "where": "ends is empty"}),
        ("variant_same", {"set": {"rep_id": None, "team": "Coast"}, "where": 'team = "Coast"'}),
        ("variant_warns", {"exclude": {"skills": "food"}}),
    ],
)
def test_what_does_nothing_or_looks_wrong_is_a_warning(base, code, entry):
    entry = {k: {c: v for c, v in said.items() if v is not None} if isinstance(said, dict) else said
             for k, said in entry.items()}  # fmt: skip
    found = [f for f in _lay(base, change=[{"table": "reps", **entry}]).case.findings if f.code == code]
    assert found and all(f.severity == "warning" and f.problem() and f.fix() for f in found)


def test_all_findings_of_a_file_come_at_once_with_their_lines(tmp_path):
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants" / "bad.toml").write_text(
        '[[change]]\ntable = 3\n\n[[leave]]\nrep = "x"\n', encoding="utf-8"
    )
    (tmp_path / "variants" / "worse.toml").write_text("[[change", encoding="utf-8")
    (tmp_path / "variants" / "a+b.toml").write_text("", encoding="utf-8")
    read = read_variants(tmp_path).values()
    found = {(f.code, f.table, f.row) for variant in read for part in variant.parts for f in part.findings}
    assert found == {("bad_setting", "variants/bad.toml", 1), ("missing_setting", "variants/bad.toml", 4),
                     ("unknown_key", "variants/bad.toml", 4), ("bad_toml", "variants/worse.toml", None),
                     ("variant_name", "variants/a+b.toml", None)}  # fmt: skip


def test_a_wrong_type_is_told_with_whatever_else_is_wrong(base, tmp_path):
    """And an entry keeps its number and its line, whatever is wrong before it."""
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants" / "bad.toml").write_text(
        '[scenario]\ntravel.price = "dear"\n[[demand]]\npercent = "viel"\n[[demand]]\nwhere = "teir = 1"\npercent = 5\n'
        '[[leave]]\nrep_id = "nobody"\n', encoding="utf-8"
    )  # fmt: skip
    with pytest.raises(InputError) as refused:
        apply_variant(base, read_variants(tmp_path)["bad"])
    found = [(f.code, f.row, f.column) for f in refused.value.findings]
    assert found == [
        ("bad_setting", 3, "demand[0].percent"),
        ("bad_setting", None, "scenario.travel.price"),
        ("variant_no_rep", 8, "leave[0].rep_id"),
        ("variant_column", 5, "demand[1].where"),
    ]


def test_the_name_of_no_variant_is_told_with_the_nearest():
    known = read_variants(SCENARIOS / "us_field_sales")
    with pytest.raises(InputError) as refused:
        pick_variant(known, "clam+two_in_texas+nobody")
    assert [(f.code, f.value) for f in refused.value.findings] == [
        ("variant_unknown", "clam"),
        ("variant_unknown", "nobody"),
    ]
    assert "calm" in refused.value.findings[0].expected()


# The cases of the repository, and the commands ------------------------------------------------------------


def test_every_variant_of_the_cases_hits_with_each_entry_and_breaks_nothing():
    for name in ("us_field_sales", "east_china_quarter"):
        case = read_case(SCENARIOS / name)
        variants = read_variants(SCENARIOS / name)
        assert len(variants) >= 3
        for variant in variants.values():
            patched = apply_variant(case, variant)
            assert patched.case.findings == case.findings, variant.name
            content = tomllib.loads(
                (SCENARIOS / name / "variants" / f"{variant.name}.toml").read_text("utf-8")
            )
            entries = {f"{k}[{n}]" for k, v in content.items() if isinstance(v, list) for n in range(len(v))}
            assert {t.entry for t in patched.touched} - {"scenario"} == entries, variant.name


@pytest.fixture
def small(tmp_path):
    shutil.copytree(SCENARIOS / "quickstart", tmp_path / "case")
    folder = tmp_path / "case" / "variants"
    folder.mkdir()
    (folder / "fewer.toml").write_text(
        'description = "no C"\n[[remove]]\ntable = "customers"\nwhere = \'tier = "C"\'\n', encoding="utf-8"
    )
    (folder / "dear.toml").write_text("[scenario]\ntravel.price = 2.0\n", encoding="utf-8")
    (folder / "idle.toml").write_text("[scenario]\ntravel.price = 1.0\n", encoding="utf-8")
    return tmp_path


def test_plan_plans_a_variant_and_says_so(small, capfd):
    out = small / "out"
    words = [
        "plan",
        str(small / "case"),
        "--variant",
        "fewer+dear",
        "--out",
        str(out),
        "--no-schedule",
        "--reports",
        "page",
    ]
    assert cli.run(words) in (0, 1)
    told = json.loads((out / "result.json").read_text("utf-8"))
    case = read_case(small / "case")
    patched = apply_variant(case, pick_variant(read_variants(small / "case"), "fewer+dear"))
    assert told["variant"] == "fewer+dear"
    assert "fewer+dear" in (out / "report.html").read_text("utf-8")
    assert told["input_hash"] == patched.case.input_hash != case.input_hash
    assert told["customers"] == (case.records.customers["tier"] != "C").sum()
    assert "customers: 11 rows removed" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["idle", "nobody", "fewer+"])
def test_plan_refuses_a_variant_that_is_not_there_or_changes_nothing(small, name, capfd):
    assert cli.run(["plan", str(small / "case"), "--variant", name, "--out", str(small / "out")]) == 2
    assert [p.name for p in (small / "out").iterdir()] == ["findings.csv"]
    found = set(pd.read_csv(small / "out" / "findings.csv")["code"])
    assert found & {"variant_unknown", "variant_nothing"}


def test_variants_lists_each_with_what_it_touches(small, capfd):
    assert cli.run(["variants", str(small / "case")]) == 0
    told = capfd.readouterr()
    assert "fewer: no C" in told.out and "customers: 11 rows removed" in told.out
    assert "scenario travel.price: 1 -> 2" in told.out and "touches nothing" in told.out
    (small / "case" / "variants" / "wrong.toml").write_text('[[leave]]\nrep_id = "x"\n', encoding="utf-8")
    assert cli.run(["variants", str(small / "case")]) == 2
    told = capfd.readouterr()
    assert "fewer: no C" in told.out and "there is no rep x" in told.err
    assert cli.run(["variants", str(SCENARIOS / "quickstart")]) == 0
