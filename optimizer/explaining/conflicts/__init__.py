"""Conflicts: limits that cannot all hold, which of them stand in each other's way, and the ways out.

``impasses`` is the whole answer. ``holding`` asks whether limits can hold; ``suspects``, ``breaking`` and
``stuck`` say where to look; ``shrinking`` leaves out what is not needed until a set of ``conflict_sets`` is
minimal. ``repairs`` are ways out, made of ``offers``, ``giving_way`` and ``last_resorts``; each is tried
(``trying``), and changes that others are enough without are left out (``sparing``).
"""
