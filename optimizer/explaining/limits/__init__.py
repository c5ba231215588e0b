"""Limits: those a planner set, one by one: their names, what each costs, and what a change of it would bring.

``lifting`` finds them and leaves some out, ``naming`` calls them by name, ``changes`` are what can be done
about one. ``costs`` and ``skills`` estimate by ``pair_prices`` and have the dearest confirmed
(``confirming``).
"""
