"""Promises: the locks that hold a customer with a rep or keep it from one, each with its reason and its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.messages import say
from optimizer.plan import UNSERVED
from optimizer.problem import Ints, Problem


@dataclass(frozen=True)
class Promise:
    """A lock in force: ``customer`` (index) must be with ``rep`` (index; ``forces``), or never.

    ``reason`` and ``until`` (a day, the last one) as the records have them; empty where they say nothing.
    """

    customer: int
    forces: bool
    rep: int
    reason: str
    until: str

    def sentence(self, problem: Problem, lang: str = "") -> str:
        """Who is promised what, why, and for how long."""
        end = say("owner_lock.until", lang, day=self.until) if self.until else say("owner_lock.no_end", lang)
        gaps = {"customer": problem.customer_ids[self.customer], "rep": problem.rep_ids[self.rep], "end": end}
        code = "with" if self.forces else "never"
        return say(f"owner_lock.{code}{'_why' if self.reason else ''}", lang, reason=self.reason, **gaps)


def list_promises(case: Case, problem: Problem, customers: Ints) -> list[Promise]:
    """The locks in force of ``customers`` (indices), in the order of the table; ``case`` poses ``problem``."""
    locks, start = case.records.locks, case.scenario.horizon.start
    if start is not None:
        locks = locks[~(locks["until"] < pd.Timestamp(start))]
    customer = pd.Index(problem.customer_ids).get_indexer(pd.Index(locks["customer_id"]))
    keeps = (locks["kind"] == "keep").to_numpy(dtype=bool)
    named = pd.Index(problem.rep_ids).get_indexer(pd.Index(locks["rep_id"]))
    rep = np.where(keeps, problem.owner[customer], named)
    told = np.isin(customer, customers) & (rep != UNSERVED)
    rows = zip(
        customer.tolist(),
        (locks["kind"] != "forbid").tolist(),
        rep.tolist(),
        locks["reason"].fillna("").tolist(),
        locks["until"].dt.strftime("%Y-%m-%d").fillna("").tolist(),
        strict=True,
    )
    return [Promise(*row) for row, shown in zip(rows, told.tolist(), strict=True) if shown]
