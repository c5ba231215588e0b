"""The example of the how-to about one's own tables works as it is written there."""

from __future__ import annotations

import re
from pathlib import Path

from optimizer.reading import read_case
from optimizer.reading.mapping import UNITS, Filter, Mapping, Rule

TEXT = (Path(__file__).parents[2] / "docs/how-to/my-own-tables.md").read_text(encoding="utf-8")


def test_the_example_of_the_how_to_reads_as_it_says(tmp_path: Path) -> None:
    for name, content in re.findall(r"```\w+ file=(\S+)\n(.*?)```", TEXT, re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    case = read_case(tmp_path)
    assert [(f.code, f.row) for f in case.findings] == [("point_at_zero", 6)]
    customers, reps = case.records.customers, case.records.reps
    assert customers["customer_id"].tolist() == ["0101", "0102", "0103", "0104", "0105"]
    assert customers["hours"].tolist() == [9, 5, 8, 2, 1.5]
    assert customers["tier"].tolist() == ["A", "B", "A", "C", "C"]
    assert customers["growth"].tolist() == [30000, 2000, 45000, 1000, 6000]
    assert customers["requires"][1] == "german;italian"
    assert reps["rep_id"].tolist() == ["41", "42", "44"]
    assert reps["hours_per_week"].tolist() == [40, 32, 40]


def test_the_how_to_names_every_key_and_unit() -> None:
    keys = [
        field.alias or name for model in (Mapping, Filter, Rule) for name, field in model.model_fields.items()
    ]
    for word in [*keys, *UNITS]:
        assert re.search(rf"[`{{ ]{word}[`= ]", TEXT), word
