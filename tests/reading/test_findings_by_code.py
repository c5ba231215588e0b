"""Every code of the catalogue of findings is given by an input that deserves it, at the right place."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

import optimizer.reading
from optimizer.findings import Finding, InputError
from optimizer.messages import load_catalogue
from optimizer.reading import check_case, read_assignments, read_case

SOUND = {
    "reps.csv": "rep_id,name,role,lat,lon,skills,tiers,hours_per_week,starts,ends,quota\n"
    "R1,Ann,hunter,31.2,121.4,cardio:3;mandarin,,,,,100\nR2,Bob,farmer,31.3,121.5,mandarin,A;B;C,,,,200\n",
    "customers.csv": "customer_id,name,tier,hours,lat,lon,owner,requires,group,size\n"
    "C1,Alpha,A,10,31.2,121.4,R1,cardio:2,,5\nC2,Beta,B,5,31.3,121.5,R2,,G,6\nC3,Gamma,C,5,31.3,121.6,R2,,G,7\n"
    "C4,Delta,C,5,31.1,121.3,,,,8\n",
    "tasks.csv": "task_id,customer_id,hours,earliest,due,requires,doer,after,status\n"
    "T1,C1,2,,,,,,open\nT2,C1,1,,,,R1,T1,\n",
    "absences.csv": "rep_id,starts,ends\n",
    "locks.csv": "customer_id,rep_id,kind,reason,until\n",
    "pairs.csv": "customer_id,rep_id,hours,cost,allowed\n",
    "apart.csv": "customer_a,customer_b\n",
    "scenario.toml": "[horizon]\nstart = 2026-01-05\n",
}
Changes = dict[str, Any]


def write_case(folder: Path, changes: Changes) -> Path:
    """The sound case with files replaced; a value beginning with + is added to the file, None deletes it."""
    for name, text in (SOUND | changes).items():
        if text is None:
            continue
        if isinstance(text, str) and text.startswith("+"):
            text = SOUND.get(name, "") + text[1:]
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def swap(file: str, old: str, new: str) -> Changes:
    assert old in SOUND[file]
    return {file: SOUND[file].replace(old, new)}


def workbook(cells: dict[tuple[int, int], object]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("customers")
        for (row, column), cell in cells.items():
            sheet.write(row, column, cell)
    return buffer.getvalue()


def bomb() -> bytes:
    """A workbook whose one part unpacks to more than it says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    return buffer.getvalue().replace((3_000_000).to_bytes(4, "little"), (3_000).to_bytes(4, "little"))


# code, what is changed, where it is found: table, row, column
EXPECTED: list[tuple[str, Changes, tuple[str, int | None, str | None]]] = [
    ("unreadable", {"customers.parquet": b"PAR1 nothing PAR1"}, ("case", None, None)),
    ("unsafe_workbook", {"tasks.xlsx": b"not a zip"}, ("case", None, None)),
    ("unsafe_workbook", {"tasks.xlsx": bomb()}, ("case", None, None)),
    (
        "unsafe_workbook",
        {"tasks.xlsx": workbook({(0, 0): "task_id", (1_000_000, 900): 1})},
        ("case", None, None),
    ),
    ("binary_file", {"tasks.csv": b"task_id,hours\nT\x001,2\n"}, ("case", None, None)),
    ("unknown_encoding", {"tasks.csv": b"task_id,hours\nT\xff\xff,2\n"}, ("case", None, None)),
    ("empty_file", {"tasks.csv": "\n \n"}, ("case", None, None)),
    ("bad_csv", {"tasks.csv": 'task_id,hours\n"T1,2\n' + "T,1\n" * 80}, ("case", None, None)),
    ("duplicate_header", {"tasks.csv": "task_id,hours,hours\nT1,1,2\n"}, ("case", 1, "hours")),
    (
        "too_wide",
        {"tasks.csv": "task_id,hours," + ",".join(f"c{k}" for k in range(2100)) + "\n"},
        ("case", 1, None),
    ),
    ("short_row", {"apart.csv": "customer_a,customer_b,note\n\nC1,C2\n"}, ("case", 3, None)),
    ("long_row", {"apart.csv": "customer_a,customer_b\nC1,C2,C3\n"}, ("case", 2, None)),
    ("unused_file", {"custmers.csv": "a\n1\n"}, ("case", None, None)),
    ("table_twice", {"客户.csv": "customer_id\nC9\n"}, ("customers", None, None)),
    ("missing_table", {"reps.csv": None}, ("reps", None, None)),
    ("empty_table", {"customers.csv": "customer_id\n,\n"}, ("customers", None, None)),
    (
        "and_more",
        {"customers.csv": "customer_id,hours\n" + "".join(f"X{k},x\n" for k in range(1003))},
        ("customers", None, "hours"),
    ),
    ("missing_column", {"tasks.csv": "task_id\nT1\n"}, ("tasks", None, "hours")),
    ("alias_collision", {"apart.csv": "customer_a,甲,customer_b\nC1,C3,C4\n"}, ("apart", None, "甲")),
    ("missing_key", swap("tasks.csv", "T2,", ","), ("tasks", 3, "task_id")),
    ("missing_value", swap("tasks.csv", "T2,C1,1", "T2,C1,"), ("tasks", 3, "hours")),
    ("duplicate_key", swap("tasks.csv", "T2,", "T1,"), ("tasks", 3, "task_id")),
    ("duplicate_row", {"pairs.csv": "+C1,R1,1,,\nC1,R1,2,,\n"}, ("pairs", 3, None)),
    ("duplicate_row", {"apart.csv": "+C1,C2\nC2,C1\n"}, ("apart", 3, None)),
    ("apart_from_itself", {"apart.csv": "+C1,C1\n"}, ("apart", 2, None)),
    ("unknown_reference", swap("customers.csv", "121.5,R2", "121.5,R9"), ("customers", 3, "owner")),
    ("unknown_reference", swap("tasks.csv", ",T1,", ",T1;T7,"), ("tasks", 3, "after")),
    ("bad_number", swap("customers.csv", "A,10", "A,ten"), ("customers", 2, "hours")),
    ("ambiguous_number", {"tasks.csv": "task_id;hours\nT1;1,234\n"}, ("tasks", 2, "hours")),
    ("percent", swap("customers.csv", "A,10", "A,10%"), ("customers", 2, "hours")),
    ("not_finite", swap("customers.csv", "A,10", "A,1e400"), ("customers", 2, "hours")),
    ("out_of_range", swap("customers.csv", "A,10", "A,-10"), ("customers", 2, "hours")),
    ("too_large", swap("customers.csv", "A,10", "A,1000001"), ("customers", 2, "hours")),
    ("not_whole", {"reps.csv": "rep_id,max_customers\nR1,2.5\nR2,3\n"}, ("reps", 2, "max_customers")),
    ("bad_date", {"absences.csv": "+R1,2026-02-30,2026-03-01\n"}, ("absences", 2, "starts")),
    ("ambiguous_date", {"absences.csv": "+R1,2026-02-01,03/04/2026\n"}, ("absences", 2, "ends")),
    ("bad_flag", {"pairs.csv": "+C1,R1,,,perhaps\n"}, ("pairs", 2, "allowed")),
    ("bad_choice", {"locks.csv": "+C1,R1,hold,,\n"}, ("locks", 2, "kind")),
    ("bad_skill", swap("reps.csv", "cardio:3", "cardio:lots"), ("reps", 2, "skills")),
    ("off_the_globe", swap("customers.csv", "31.3,121.6", "31.3,221.6"), ("customers", 4, "lon")),
    ("swapped_point", swap("customers.csv", "31.3,121.6", "121.6,31.3"), ("customers", 4, "lat")),
    ("swapped_table", {"reps.csv": "rep_id,lat,lon\nR1,121.4,31.2\nR2,121.4,31.3\n"}, ("reps", None, "lat")),
    (
        "swapped_probably",
        {
            "reps.csv": "rep_id,lat,lon\nR1,48.1,2.2\nR2,48.2,2.3\n",
            "customers.csv": "customer_id,lat,lon\nC1,2.2,48.1\nC2,2.2,48.1\nC3,2.3,48.1\nC4,2.4,48.1\n",
        },
        ("customers", None, "lat"),
    ),
    ("half_a_point", swap("customers.csv", "31.3,121.6", ",121.6"), ("customers", 4, "lat")),
    ("point_at_zero", swap("customers.csv", "31.3,121.6", "0,0.0"), ("customers", 4, "lat")),
    ("ends_before_starts", {"absences.csv": "+R1,2026-02-02,2026-02-01\n"}, ("absences", 2, "ends")),
    (
        "no_horizon_start",
        {"absences.csv": "+R1,2026-02-02,2026-02-03\n", "scenario.toml": ""},
        ("absences", None, "starts"),
    ),
    (
        "skill_expires",
        swap("reps.csv", "cardio:3;mandarin", "cardio:3;mandarin@2026-02-01"),
        ("reps", 2, "skills"),
    ),
    (
        "skill_expired",
        swap("reps.csv", "cardio:3;mandarin", "cardio:3;mandarin@2025-02-01"),
        ("reps", 2, "skills"),
    ),
    ("unknown_tier", swap("customers.csv", "Alpha,A", "Alpha,AA"), ("customers", 2, "tier")),
    ("unknown_rep_tier", swap("reps.csv", "A;B;C", "A;B;D"), ("reps", 3, "tiers")),
    (
        "unknown_role",
        {"scenario.toml": "[tiers.A]\nvisits=1\nhours_per_visit=1\nroles=['huntr']\n"},
        ("scenario", None, "tiers.A.roles"),
    ),
    (
        "not_a_measure",
        {"scenario.toml": "[[corridors]]\nmeasure = 'sise'\n"},
        ("scenario", None, "corridors[0].measure"),
    ),
    (
        "not_a_measure",
        {"scenario.toml": "[[corridors]]\nmeasure = 'hours'\ntarget = 'team'\n"},
        ("scenario", None, "corridors[0].target"),
    ),
    (
        "measure_blank",
        {"scenario.toml": "[[corridors]]\nmeasure = 'size'\n"}
        | swap("customers.csv", "R1,cardio:2,,5", "R1,cardio:2,,"),
        ("customers", None, "size"),
    ),
    (
        "measure_zero",
        {
            "scenario.toml": "[[corridors]]\nmeasure = 'size'\n",
            "customers.csv": "customer_id,size\nC1,0\nC2,0\nC3,0\nC4,0\n",
        },
        ("customers", None, "size"),
    ),
    (
        "no_capacity",
        swap("reps.csv", "Bob,farmer,31.3,121.5,mandarin,A;B;C,", "Bob,farmer,,,,,0"),
        ("reps", 3, None),
    ),
    (
        "demand_total",
        {"scenario.toml": "[horizon]\nweeks = 1\nhours_per_week = 10\n"},
        ("customers", None, None),
    ),
    ("demand_skill", swap("customers.csv", "A,10", "A,400"), ("customers", None, None)),
    (
        "demand_tier",
        swap("reps.csv", "mandarin,,", "mandarin,C,") | swap("customers.csv", "Beta,B,5", "Beta,B,400"),
        ("customers", None, None),
    ),
    ("unknown_skill", swap("customers.csv", "cardio:2", "cardio:4"), ("customers", 2, "requires")),
    (
        "nobody_serves_tier",
        swap("reps.csv", "mandarin,,", "mandarin,C,")
        | swap("customers.csv", "Beta,B", "Beta,B")
        | {
            "scenario.toml": "[tiers.A]\nvisits=1\nhours_per_visit=1\nroles=['none']\n[tiers.B]\nvisits=1\n"
            "hours_per_visit=1\n[tiers.C]\nvisits=1\nhours_per_visit=1\n"
        },
        ("customers", 2, "tier"),
    ),
    ("nobody_qualified", swap("reps.csv", "mandarin,,", "mandarin,C,"), ("customers", 2, "requires")),
    ("too_big", swap("customers.csv", "Beta,B,5", "Beta,B,400"), ("customers", 3, "hours")),
    ("task_skill", swap("tasks.csv", "2,,,,", "2,,,flying,"), ("tasks", 2, "requires")),
    ("doer_lacks_skill", swap("tasks.csv", "1,,,,R1", "1,,,cardio,R2"), ("tasks", 3, "doer")),
    ("circular_tasks", swap("tasks.csv", "2,,,,,,open", "2,,,,,T2,open"), ("tasks", 2, "after")),
    ("lock_without_rep", {"locks.csv": "+C1,,force,,\n"}, ("locks", 2, "rep_id")),
    ("keep_without_owner", {"locks.csv": "+C4,,keep,,\n"}, ("locks", 2, "customer_id")),
    ("keep_not_owner", {"locks.csv": "+C1,R2,keep,,\n"}, ("locks", 2, "rep_id")),
    ("locked_twice", {"locks.csv": "+C1,,keep,,\nC1,R2,force,,\n"}, ("locks", 3, None)),
    ("locked_twice", {"locks.csv": "+C2,R1,force,,\nC3,R2,force,,\n"}, ("locks", 3, None)),
    ("locked_and_forbidden", {"locks.csv": "+C1,R1,force,,\nC1,R1,forbid,,\n"}, ("locks", 2, None)),
    (
        "locked_and_forbidden",
        {"locks.csv": "+C1,R1,force,,\n", "pairs.csv": "+C1,R1,,,no\n"},
        ("locks", 2, None),
    ),
    ("group_apart", {"apart.csv": "+C3,C2\n"}, ("apart", 2, None)),
    (
        "apart_locked_together",
        {"apart.csv": "+C1,C4\n", "locks.csv": "+C1,R1,force,,\nC4,R1,force,,\n"},
        ("apart", 2, None),
    ),
    ("forced_lacks_skill", {"locks.csv": "+C1,R2,force,,\n"}, ("locks", 2, None)),
    (
        "forced_lacks_tier",
        {"locks.csv": "+C2,R2,force,,\n"} | swap("reps.csv", "A;B;C", "C"),
        ("locks", 2, None),
    ),
    ("bad_toml", {"scenario.toml": "[horizon"}, ("scenario", None, None)),
    ("bad_toml", {"mapping.toml": "a = " + "[" * 5000}, ("mapping", None, None)),
    ("unknown_key", {"scenario.toml": "[horizon]\nweks = 3\n"}, ("scenario", None, "horizon.weks")),
    (
        "unknown_key",
        {"mapping.toml": "[customers.columns]\nx = {form = 'y'}\n"},
        ("mapping", None, "customers.columns.x.form"),
    ),
    (
        "missing_setting",
        {"scenario.toml": "[tiers.A]\nvisits = 3\n"},
        ("scenario", None, "tiers.A.hours_per_visit"),
    ),
    (
        "bad_setting",
        {"scenario.toml": "[[corridors]]\nmeasure='hours'\ntolerance = 2\n"},
        ("scenario", None, "corridors[0].tolerance"),
    ),
    ("guardrail_kpi", {"guardrails.toml": "gapp.max = 1\n"}, ("guardrails", None, "gapp")),
    ("guardrail_turned", {"guardrails.toml": "[max]\ngap = 0.01\n"}, ("guardrails", None, "max.gap")),
    ("guardrail_number", {"guardrails.toml": "gap.max = '1 %'\n"}, ("guardrails", None, "gap.max")),
    ("guardrail_ends", {"guardrails.toml": "cost = {min = 2, max = 1}\n"}, ("guardrails", None, "cost")),
    (
        "setting_date",
        {"scenario.toml": "[horizon]\nstart = 9999-12-31\n"},
        ("scenario", None, "horizon.start"),
    ),
    (
        "setting_too_large",
        {"scenario.toml": "[solve]\nseed = 99999999999\n"},
        ("scenario", None, "solve.seed"),
    ),
    (
        "setting_too_small",
        {"scenario.toml": "[travel]\nspeed_kmh = 1e-9\n"},
        ("scenario", None, "travel.speed_kmh"),
    ),
    ("mapping_no_file", {"mapping.toml": "[customers]\nfile = 'stores.csv'\n"}, ("mapping", None, None)),
    ("mapping_no_sheet", {"mapping.toml": "[customers]\nsheet = 'stores'\n"}, ("mapping", None, None)),
    (
        "mapping_no_column",
        {"mapping.toml": "[customers.columns]\nhours = 'minutes'\n"},
        ("mapping", None, "customers.hours"),
    ),
    (
        "mapping_ratio_zero",
        {"mapping.toml": "[customers.columns]\nx = {ratio = ['size', {difference = ['size', 6]}]}\n"},
        ("customers", 3, "x"),
    ),
]

ELSEWHERE = {  # codes that other tests give
    "no_such_case",
    "not_a_case",
    "no_such_file",
    "not_a_frame",
    "no_parquet",
    "customer_left_out",
    "other_case",
    # tests/web/test_plans.py gives these
    "customer_known",
    "upload_name",
    "upload_twice",
    # tests/rebalancing and tests/reading/test_progress.py give these
    "event_clash",
    "event_incomplete",
    "event_unknown",
    "event_after_end",
    "event_repeated",
    "event_before_horizon",
    "event_backwards",
    "event_tier",
    "event_stage",
    "event_lock",
    "progress_no_start",
    "plan_unknown",
    "freeze_group",
    # tests/rebalancing/test_recipes.py gives these
    "recipe_unknown",
    "recipe_field",
    "recipe_same",
    "recipe_after",
    "recipe_left",
    "cover_no_week",
    # tests/comparing/test_variants.py gives these
    "variant_breaks",
    "variant_column",
    "variant_empty_cells",
    "variant_filter",
    "variant_key",
    "variant_name",
    "variant_no_change",
    "variant_no_item",
    "variant_no_list",
    "variant_no_rep",
    "variant_no_rows",
    "variant_nothing",
    "variant_number",
    "variant_order",
    "variant_range",
    "variant_same",
    "variant_stranger",
    "variant_table",
    "variant_tier",
    "variant_unknown",
    "variant_warns",
    # tests/comparing/test_sweeping.py gives these
    "sweep_unreadable",
    "sweep_twice",
    "sweep_no_value",
    "sweep_nothing",
    "sweep_seeds",
    "sweep_two_seeds",
    "sweep_too_many",
    "cluster_missing",
    "cluster_silent",
    # tests/test_certain.py gives these
    "certain_hours",
    "certain_most",
    "certain_least",
    "certain_moves",
    "certain_nobody",
    # tests/comparing/test_sizing.py gives these
    "size_words",
    "size_range",
    "size_no_room",
    "size_many",
    "place_most",
    # tests/store/test_events.py gives this
    "event_held",
    # tests/test_cli_compare.py gives this
    "plan_of_other_input",
}


def find(findings: list[Finding], code: str) -> list[Finding]:
    return [f for f in findings if f.code == code]


def test_the_sound_case_has_no_findings(tmp_path: Path) -> None:
    assert check_case(write_case(tmp_path, {})) == []


@pytest.mark.parametrize(
    ("code", "changes", "place"), EXPECTED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_mistake_is_found_at_its_place(
    code: str, changes: Changes, place: tuple[str, int | None, str | None], tmp_path: Path
) -> None:
    findings = check_case(write_case(tmp_path, changes))
    assert (*place,) in [(f.table, f.row, f.column) for f in find(findings, code)], [
        f.place for f in findings
    ]
    for f in findings:
        for sentence in (f.problem(), f.expected(), f.fix()):
            assert sentence and "None" not in sentence, sentence


def test_every_code_of_the_catalogue_is_given_by_a_test_and_every_code_given_is_in_it() -> None:
    catalogue = load_catalogue("en")
    codes = {code.split(".")[1] for code in catalogue if code.startswith("finding.")}
    assert codes == {code for code, _, _ in EXPECTED} | ELSEWHERE
    for code in codes:
        assert {f"finding.{code}.{part}" for part in ("problem", "expected", "fix")} <= set(catalogue)
    source = "".join(p.read_text(encoding="utf-8") for p in Path(optimizer.__file__).parent.rglob("*.py"))
    assert codes == {c for c in codes if re.search(rf'"{c}"', source)}


def test_errors_stop_reading_and_warnings_come_with_the_case(tmp_path: Path) -> None:
    folder = write_case(tmp_path, swap("customers.csv", "31.3,121.6", ",121.6"))
    assert [f.code for f in read_case(folder).findings] == ["half_a_point"]
    (folder / "tasks.csv").write_text("task_id,hours\nT1,x\nT1,y\n")
    with pytest.raises(InputError) as caught:
        read_case(folder)
    codes = [f.code for f in caught.value.findings]
    assert sorted(codes) == ["bad_number", "bad_number", "duplicate_key", "half_a_point"]
    assert caught.value.findings[-1].severity == "warning"


def test_an_expired_lock_contradicts_nothing(tmp_path: Path) -> None:
    locks = {"locks.csv": "+C1,R2,force,,2025-12-31\nC1,R1,force,,\n"}
    assert find(check_case(write_case(tmp_path, locks)), "locked_twice") == []


def test_an_unknown_id_names_the_one_that_is_nearest(tmp_path: Path) -> None:
    findings = check_case(write_case(tmp_path, swap("customers.csv", "121.5,R2", "121.5,r2")))
    assert "'R2'" in find(findings, "unknown_reference")[0].fix()
    findings = check_case(write_case(tmp_path, swap("customers.csv", "121.5,R2", "121.5,Bob")))
    assert "name of 'R2'" in find(findings, "unknown_reference")[0].fix()


def test_an_unknown_key_names_the_one_that_is_nearest(tmp_path: Path) -> None:
    findings = check_case(write_case(tmp_path, {"scenario.toml": "[disruption]\nbudget = []\n"}))
    assert "'budgets'" in find(findings, "unknown_key")[0].fix()
    findings = check_case(
        write_case(tmp_path, {"scenario.toml": "[tiers.A]\nvisit = 1\nhours_per_visit = 1\n"})
    )
    assert "'visits'" in find(findings, "unknown_key")[0].fix()


def test_a_plan_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    case = read_case(write_case(tmp_path, {}))
    with pytest.raises(InputError, match="there is no file"):
        read_assignments(tmp_path / "plan.csv", case)
