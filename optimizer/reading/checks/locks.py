"""Whether promises contradict each other: locks, forbidden pairs, groups together, customers apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import Phrase
from optimizer.problem import Ints
from optimizer.reading.collecting import Findings
from optimizer.reading.qualification import qualify
from optimizer.records import Records, positions_of
from optimizer.scenario import Scenario


def check_locks(records: Records, scenario: Scenario | None, findings: Findings) -> None:
    """Contradictions are errors; a forced rep who lacks skill or tier is a warning.

    Rows that speak of unknown customers or reps have their findings already and are passed over. Without a
    scenario all locks count, and nobody asks who is able.
    """
    if not len(records.locks) and not len(records.apart):
        return
    units = _units(records.customers)
    forced = _forced(records, scenario, findings)
    _check_forced_twice(records, forced, units, findings)
    _check_forbidden(records, scenario, forced, units, findings)
    _check_apart(records, forced, units, findings)
    if scenario is not None:
        _check_able(records, scenario, forced, findings)


def _units(customers: pd.DataFrame) -> Ints:
    """[n] what shares an owner: the number of the customer's group, or a number of its own."""
    group = customers["group"]
    codes = pd.factorize(group)[0].astype(np.int64)
    return np.where(codes >= 0, codes, len(customers) + np.arange(len(customers)))


def _active(records: Records, scenario: Scenario | None) -> pd.DataFrame:
    """Locks of known customers that hold within the horizon."""
    known = positions_of(records.customers["customer_id"], records.locks["customer_id"]) >= 0
    locks = records.locks[known]
    start = None if scenario is None else scenario.horizon.start
    return locks if start is None else locks[~(locks["until"] < pd.Timestamp(start))]


def _forced(records: Records, scenario: Scenario | None, findings: Findings) -> pd.DataFrame:
    """The locks that bind a customer to a rep: columns customer and rep (positions), index: row of locks."""
    customers, locks = records.customers, _active(records, scenario)
    customer = pd.Series(positions_of(customers["customer_id"], locks["customer_id"]), index=locks.index)
    owner = pd.Series(customers["owner"].to_numpy(dtype=object)[customer], index=locks.index, dtype="str")
    keep, rep = locks["kind"] == "keep", locks["rep_id"]
    at = locks.index[locks["kind"].isin(["force", "forbid"]) & rep.isna()]
    findings.add_all(
        "lock_without_rep", "error", "locks", at, "rep_id", locks["customer_id"].loc[at].to_list()
    )
    at = locks.index[keep & owner.isna()]
    findings.add_all(
        "keep_without_owner", "error", "locks", at, "customer_id", locks["customer_id"].loc[at].to_list()
    )
    at = locks.index[keep & owner.notna() & rep.notna() & (rep != owner)]
    others = [{"owner": owner[k], "customer": locks.loc[k, "customer_id"]} for k in at]
    findings.add_all("keep_not_owner", "error", "locks", at, "rep_id", rep.loc[at].to_list(), others)
    meant = rep.where(~keep, owner)
    binding = locks["kind"].isin(["keep", "force"]) & meant.isin(records.reps["rep_id"]) & meant.notna()
    return pd.DataFrame(
        {
            "customer": customer[binding],
            "rep": positions_of(records.reps["rep_id"], meant[binding]),
        }
    )


def _check_forced_twice(records: Records, forced: pd.DataFrame, units: Ints, findings: Findings) -> None:
    """Two reps for one customer, or for the customers of one group."""
    unit = pd.Series(units[forced["customer"]], index=forced.index)
    first_rep = forced["rep"].groupby(unit).transform("first")
    first_at = pd.Series(forced.index, index=forced.index).groupby(unit).transform("first")
    at = forced.index[forced["rep"] != first_rep]
    _tell(
        "locked_twice",
        records,
        at,
        findings,
        [_lock_details(records, findings, int(first_at[k])) for k in at],
    )


def _check_forbidden(
    records: Records, scenario: Scenario | None, forced: pd.DataFrame, units: Ints, findings: Findings
) -> None:
    """A rep forced on a customer, or on one of its group, whom a lock or a pair forbids."""
    locks, pairs = _active(records, scenario), records.pairs
    forbid = locks[(locks["kind"] == "forbid") & locks["rep_id"].notna()]
    never = pairs[pairs["allowed"].eq(False)]
    n_reps = max(len(records.reps), 1)
    said: dict[int, str] = {}
    for table, rows in (("locks", forbid), ("pairs", never)):
        customer = positions_of(records.customers["customer_id"], rows["customer_id"])
        rep = positions_of(records.reps["rep_id"], rows["rep_id"])
        rows, customer, rep = _known(rows, customer, rep)
        for position, key in zip(rows.index, units[customer] * n_reps + rep, strict=True):
            said.setdefault(int(key), f"{table} row {findings.rows[table][position]}")
    keys = units[forced["customer"]] * n_reps + forced["rep"].to_numpy()
    at = [k for k, key in zip(forced.index, keys, strict=True) if int(key) in said]
    places = [{"other": said[int(key)]} for key in keys if int(key) in said]
    _tell("locked_and_forbidden", records, at, findings, places)


def _check_apart(records: Records, forced: pd.DataFrame, units: Ints, findings: Findings) -> None:
    """Customers kept apart that are of one group, or locked to the same rep."""
    apart, ids = records.apart, records.customers["customer_id"]
    apart, a, b = _known(
        apart, positions_of(ids, apart["customer_a"]), positions_of(ids, apart["customer_b"])
    )
    together = (units[a] == units[b]) & (a != b)
    at = np.flatnonzero(together)
    texts = [f"{x}, {y}" for x, y in apart.iloc[at][["customer_a", "customer_b"]].itertuples(index=False)]
    groups = [{"group": group} for group in records.customers["group"].iloc[a[at]]]
    findings.add_all("group_apart", "error", "apart", apart.index[at], None, texts, groups)
    rep_of = np.full(int(units.max(initial=0)) + 1, -1, dtype=np.int64)
    rep_of[units[forced["customer"]]] = forced["rep"].to_numpy()
    at = np.flatnonzero(~together & (rep_of[units[a]] >= 0) & (rep_of[units[a]] == rep_of[units[b]]))
    texts = [f"{x}, {y}" for x, y in apart.iloc[at][["customer_a", "customer_b"]].itertuples(index=False)]
    reps = [{"rep": rep} for rep in records.reps["rep_id"].iloc[rep_of[units[a[at]]]]]
    findings.add_all("apart_locked_together", "error", "apart", apart.index[at], None, texts, reps)


def _check_able(records: Records, scenario: Scenario, forced: pd.DataFrame, findings: Findings) -> None:
    """Forced reps who lack a skill or may not serve the tier."""
    q = qualify(records, scenario)
    need, rep = q.need[forced["customer"]], forced["rep"].to_numpy()
    lacks_skill = ~q.skilled[need, rep] if len(forced) else np.zeros(0, dtype=bool)
    at = forced.index[lacks_skill]
    details = [{"requires": q.requires[k]} for k in need[lacks_skill]]
    _tell("forced_lacks_skill", records, at, findings, details, "warning")
    lacks_tier = ~q.tiered[need, rep] if len(forced) else np.zeros(0, dtype=bool)
    at = forced.index[lacks_tier]
    details = [{"tier": q.tier[k]} for k in need[lacks_tier]]
    _tell("forced_lacks_tier", records, at, findings, details, "warning")


def _known(rows: pd.DataFrame, a: Ints, b: Ints) -> tuple[pd.DataFrame, Ints, Ints]:
    """The rows whose both ids are known, with their positions."""
    both = (a >= 0) & (b >= 0)
    return rows[both], a[both], b[both]


def _lock_details(records: Records, findings: Findings, position: int) -> dict[str, Any]:
    rep = records.locks["rep_id"].iloc[position]
    return {
        "other": int(findings.rows["locks"][position]),
        "other_rep": rep if isinstance(rep, str) else Phrase("lock.owner"),
    }


def _tell(
    code: str,
    records: Records,
    at: Any,
    findings: Findings,
    details: list[dict[str, Any]],
    severity: Any = "error",
) -> None:
    """Findings about rows of locks; the customer and the rep of the lock are known to the sentences."""
    locks = records.locks
    full = []
    for k, more in zip(at, details, strict=True):
        rep = locks["rep_id"].iloc[k]
        named = {
            "customer": locks["customer_id"].iloc[k],
            "rep": rep if isinstance(rep, str) else Phrase("lock.owner"),
        }
        full.append(named | more)
    findings.add_all(code, severity, "locks", list(at), None, [d["customer"] for d in full], full)
