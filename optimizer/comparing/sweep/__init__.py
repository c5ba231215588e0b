"""Sweep: one case planned for many values of its scenario.

``sweeping`` plans them and measures what each value does; ``sweep_words`` reads what a planner writes to say
which.
"""
