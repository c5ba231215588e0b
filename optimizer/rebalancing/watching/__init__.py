"""Watching: how a plan goes, week by week, and what calls for a rebalance.

``pace``, ``coverage`` and ``corridor_watch`` measure a day; ``triggers`` ring; ``watch`` is the whole answer.
"""
