"""Rebalancing: what progress made of a plan, whether a change is worth it, and which."""

from optimizer.rebalancing.state import State, apply_progress
from optimizer.rebalancing.triggers import Trigger
from optimizer.rebalancing.watching import Watch, watch

__all__ = ["State", "Trigger", "Watch", "apply_progress", "watch"]
