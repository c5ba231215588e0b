"""What must be true between rows and tables before a plan can be made: every check, in order."""

from __future__ import annotations

from optimizer.reading.checks.dates import check_dates
from optimizer.reading.checks.demand import check_demand
from optimizer.reading.checks.keys import check_keys
from optimizer.reading.checks.locks import check_locks
from optimizer.reading.checks.measures import check_measures
from optimizer.reading.checks.points import check_points
from optimizer.reading.checks.references import check_references
from optimizer.reading.checks.tasks import check_tasks
from optimizer.reading.checks.tiers import check_tiers
from optimizer.reading.collecting import Findings
from optimizer.records import Records
from optimizer.scenario import Scenario


def run_checks(records: Records, scenario: Scenario | None, findings: Findings) -> None:
    """All checks; those that weigh demand against supply only once the tables themselves are sound.

    ``scenario`` None: it could not be read (a finding says so); the rest is checked all the same.
    ``records.customers`` and ``reps`` may get points blanked that are no points.
    """
    for table in ("reps", "customers"):
        if not len(records.tables()[table]) and table in findings.rows:
            findings.add("empty_table", "error", table)
    check_keys(records, findings)
    check_references(records, findings)
    check_points(records, findings)
    check_tasks(records, findings)
    check_dates(records, scenario, findings)
    check_locks(records, scenario, findings)
    if scenario is None:
        return
    check_tiers(records, scenario, findings)
    check_measures(records, scenario, findings)
    if not findings.has_errors:
        check_demand(records, scenario, findings)
