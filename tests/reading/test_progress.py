"""Reading progress: any file, any headers, every mistake told and the rest taken in."""

import datetime as dt

import pandas as pd
import pytest

from optimizer.findings import InputError
from optimizer.progress import COLUMNS, KINDS, CustomerLost, TaskDone, fields_of, needed_fields, unite_events
from optimizer.reading import read_progress

HEAD = "event_id,at,kind,task_id,customer_id,hours\n"
ROWS = "E1,2027-01-05,task_done,T1,,2.5\nE2,2027-01-06,customer_lost,,K1,\n"


def codes(findings):
    return [(f.code, f.row, f.column, f.severity) for f in findings]


def test_the_same_events_come_from_csv_workbook_parquet_frame_and_objects(tmp_path):
    (tmp_path / "progress.csv").write_text(HEAD + ROWS, encoding="utf-8")
    frame = pd.read_csv(tmp_path / "progress.csv", dtype=str)
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"note": ["read me"]}).to_excel(book, sheet_name="notes", index=False)
        frame.to_excel(book, sheet_name="progress", index=False)
    frame.to_parquet(tmp_path / "progress.parquet")
    objects = [
        TaskDone(event_id="E1", at=dt.date(2027, 1, 5), task_id="T1", hours=2.5),
        CustomerLost(event_id="E2", at=dt.date(2027, 1, 6), customer_id="K1"),
    ]
    first, findings = read_progress(tmp_path / "progress.csv")
    assert findings == []
    assert list(first.columns) == [*COLUMNS, "row"]
    assert first[["event_id", "kind", "task_id", "customer_id", "hours"]].astype(object).where(
        first[["event_id", "kind", "task_id", "customer_id", "hours"]].notna(), None
    ).to_numpy().tolist() == [
        ["E1", "task_done", "T1", None, 2.5],
        ["E2", "customer_lost", None, "K1", None],
    ]
    for other in (tmp_path / "book.xlsx", tmp_path / "progress.parquet", frame, objects):
        events, findings = read_progress(other)
        assert findings == []
        pd.testing.assert_frame_equal(events, first)


def test_chinese_headers_kinds_and_encoding_are_understood(tmp_path):
    text = "事件编号,日期,类型,客户,代表,工时,锁定\nE1,2027年1月5日,客户工时,K1,R1,2,\nE2,2027/1/6,加锁,K1,R1,,禁止\n"
    (tmp_path / "进展.csv").write_bytes(text.encode("gb18030"))
    events, findings = read_progress(tmp_path / "进展.csv")
    assert findings == []
    assert events["kind"].tolist() == ["customer_hours", "lock_added"]
    assert events["at"].dt.date.tolist() == [dt.date(2027, 1, 5), dt.date(2027, 1, 6)]
    assert events["lock"].iloc[1] == "forbid"
    assert events["hours"].iloc[0] == 2


def test_a_mapping_makes_the_columns():
    frame = pd.DataFrame(
        {"no": ["1"], "when": ["2027-01-05"], "what": ["closed"], "who": ["K1"], "min": [90]}
    )
    mapping = {
        "progress": {
            "columns": {
                "event_id": "no",
                "at": "when",
                "kind": {"from": "what", "values": {"closed": "customer_hours"}},
                "customer_id": "who",
                "hours": {"from": "min", "unit": "minutes"},
            }
        }
    }
    events, findings = read_progress(frame, mapping=mapping)
    assert findings == []
    assert events[["event_id", "kind", "customer_id", "hours"]].to_numpy().tolist() == [
        ["1", "customer_hours", "K1", 1.5]
    ]


def test_every_mistake_is_told_with_its_place_and_the_rest_is_taken_in(tmp_path):
    rows = [
        "E1,2027-01-05,task_done,T1,,2.5",
        "E2,soon,task_done,T2,,",
        "E3,2027-01-05,teleported,,K1,",
        "E4,2027-01-05,task_done,,,",
        "E5,2027-01-05,task_done,T5,,a lot",
        ",2027-01-05,task_done,T6,,",
        "E7,2027-01-05,task_done,T7,,-1",
        "E8,2027-01-05,customer_hours,,K1,2",
    ]
    (tmp_path / "p.csv").write_text(HEAD + "\n".join(rows), encoding="utf-8")
    events, findings = read_progress(tmp_path / "p.csv")
    assert sorted(events["event_id"]) == ["E1", "E8"]
    assert sorted(codes(findings)) == sorted(
        [
            ("bad_date", 3, "at", "warning"),
            ("bad_choice", 4, "kind", "warning"),
            ("event_incomplete", 5, "task_id", "warning"),
            ("bad_number", 6, "hours", "warning"),
            ("missing_key", 7, "event_id", "warning"),
            ("out_of_range", 8, "hours", "warning"),
        ]
    )
    for finding in findings:
        assert finding.problem() and finding.expected() and finding.fix()


def test_a_file_without_the_columns_or_no_file_is_refused(tmp_path):
    (tmp_path / "p.csv").write_text("event_id,customer_id\nE1,K1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_progress(tmp_path / "p.csv")
    assert {f.column for f in caught.value.findings} == {"at", "kind"}
    with pytest.raises(InputError):
        read_progress(tmp_path / "none.csv")


def test_no_events_are_events_too(tmp_path):
    (tmp_path / "p.csv").write_text(HEAD, encoding="utf-8")
    for given in (tmp_path / "p.csv", [], pd.DataFrame()):
        events, findings = read_progress(given)
        assert len(events) == 0 and findings == []
        assert list(events.columns) == [*COLUMNS, "row"]


def test_an_id_that_comes_again_counts_once_and_one_that_says_two_things_not_at_all():
    row = {"at": "2027-01-05", "kind": "task_done", "task_id": "T1"}
    frame = pd.DataFrame(
        [
            {"event_id": "E1", **row},
            {"event_id": "E2", **row},
            {"event_id": "E1", **row},
            {"event_id": "E2", **row, "task_id": "T2"},
        ]
    )
    events, findings = read_progress(frame)
    assert events["event_id"].tolist() == ["E1"]
    assert [(f.code, f.row, f.value, f.details["first"]) for f in findings] == [("event_clash", 5, "E2", 3)]
    again, none = unite_events(pd.concat([events, events]))
    pd.testing.assert_frame_equal(again, events)
    assert none == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_which_fields_it_needs(kind):
    needed = needed_fields(kind)
    assert needed
    full = {"event_id": "E1", "at": "2027-01-05", "kind": kind}
    texts = {"skills": "x:2", "lock": "force", "ends": "2027-01-06", "hours": 1, "satisfaction": 0.5}
    full |= {name: texts.get(name, 1) for name in needed}
    events, findings = read_progress(pd.DataFrame([full]))
    assert findings == [] and len(events) == 1
    KINDS[kind].model_validate(
        full
        | {name: str(full[name]) for name in needed if name.endswith("_id")}
        | {name: str(full[name]) for name in needed if name in ("tier", "stage")}
    )
    for name in needed:
        events, findings = read_progress(pd.DataFrame([full | {name: None}]))
        assert [(f.code, f.column) for f in findings] == [("event_incomplete", name)]
        assert len(events) == 0
    assert set(fields_of(kind)) < set(COLUMNS)
