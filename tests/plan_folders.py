"""The folder of a plan and a file of events for tests of commands: everybody keeps the customers they have."""

from pathlib import Path

import pandas as pd

from tests.test_docs import ROOT

CASE = ROOT / "scenarios" / "quickstart"
HEAD = "event_id,at,kind,task_id,customer_id,rep_id,hours,ends\n"
EVENTS = (
    "E1,2027-01-05,task_done,C01:2027-01-04:1,,,4,\n"
    "E2,2027-01-07,rep_leaves,,,tom,,2027-01-29\n"
    "E3,2027-01-08,customer_lost,,C02,,,\n"
    "E4,2027-01-09,customer_hours,,C02,,2,\n"
)


def write_plan(folder: Path, case: Path = CASE) -> Path:
    """What ``plan`` would have written, had it moved nobody and put nothing into weeks."""
    folder.mkdir()
    customers = pd.read_csv(case / "customers.csv", dtype=str)
    table = customers[["customer_id", "owner"]].rename(columns={"owner": "rep_id"})
    table.to_csv(folder / "assignments.csv", index=False)
    (folder / "result.json").write_text("{}", encoding="utf-8")
    return folder


def write_events(file: Path, *more: str) -> Path:
    """``EVENTS`` and further lines as a table."""
    file.write_text(HEAD + EVENTS + "".join(more), encoding="utf-8")
    return file
