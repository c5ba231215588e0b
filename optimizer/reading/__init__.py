"""Reading: from a folder, workbook or DataFrames to a case, with every problem found and told at once."""

from optimizer.reading.assignments import read_assignments
from optimizer.reading.cases import check_case, read_case
from optimizer.reading.in_force import read_plan
from optimizer.reading.newcomers import read_newcomer
from optimizer.reading.progress import read_progress
from optimizer.reading.published import read_published
from optimizer.reading.writing import write_findings

__all__ = [
    "check_case",
    "read_assignments",
    "read_case",
    "read_newcomer",
    "read_plan",
    "read_progress",
    "read_published",
    "write_findings",
]
