"""Rebalancing: what progress made of a plan, whether a change is worth it, and which."""

from optimizer.rebalancing.state import State, apply_progress

__all__ = ["State", "apply_progress"]
