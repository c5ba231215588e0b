"""Comparing: variants of a case, their plans beside each other, and what a choice costs.

Read it in this order:

- a small change: ``variants``, in which ``patches`` are entries, ``filters`` and ``meaning`` say whom they mean,
  ``settings`` changes the scenario, ``patching`` the records, and ``touched`` lists what was changed;
- plans beside each other: ``comparison`` (every KPI), ``differences`` (customer by customer), ``folders`` (from disk);
- plans that trade: ``frontiers``, at rates of ``trading``, with what the ``envelope`` proves;
- many plans at once: ``running``, by ``crews`` (``pools`` of processes or ``clusters`` of machines; both are
  ``listening``), ``keeping`` what is finished; ``sweeping`` plans for many values (``sweep_words``: as they are typed);
- how many people: ``sizing``, of which ``size_run`` is one on its way, with ``candidates`` for new ones, ``size_teams``
  to be planned, ``size_least`` proved, and ``size_curve``, the answer.
"""

from optimizer.comparing.comparison import Compared, Comparison, Entry, compare_plans
from optimizer.comparing.differences import Change, Differences, diff_plans
from optimizer.comparing.folders import read_entries
from optimizer.comparing.touched import Touched
from optimizer.comparing.variants import (
    Patched,
    Variant,
    apply_variant,
    compose,
    make_variant,
    pick_variant,
    read_variants,
    set_values,
)

__all__ = [
    "Change",
    "Compared",
    "Comparison",
    "Differences",
    "Entry",
    "Patched",
    "Touched",
    "Variant",
    "apply_variant",
    "compare_plans",
    "compose",
    "diff_plans",
    "make_variant",
    "pick_variant",
    "read_entries",
    "read_variants",
    "set_values",
]
