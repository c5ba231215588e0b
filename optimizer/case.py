"""Case: the records of a company and the scenario a planner wants for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.findings import Finding
from optimizer.guardrails import Guardrail
from optimizer.records import Records
from optimizer.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Case:
    """Everything a plan is made from.

    ``findings`` are the warnings that reading left (errors would have stopped it); ``input_hash`` is a SHA-256
    of the canonical content of records and scenario, so that equal input is recognised wherever it came from.
    ``variant`` names the variant that was laid on the records and the scenario, if one was. ``guardrails``: what a
    plan must show to be accepted; they are no part of the hash.
    """

    name: str
    records: Records
    scenario: Scenario
    findings: list[Finding] = field(default_factory=list)
    input_hash: str = ""
    variant: str = ""
    guardrails: tuple[Guardrail, ...] = ()
