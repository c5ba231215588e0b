"""Reading: from a folder, workbook or DataFrames to a case, with every problem found and told at once."""

from optimizer.reading.assignments import read_assignments
from optimizer.reading.cases import check_case, read_case
from optimizer.reading.published import read_published
from optimizer.reading.writing import write_findings

__all__ = ["check_case", "read_assignments", "read_case", "read_published", "write_findings"]
