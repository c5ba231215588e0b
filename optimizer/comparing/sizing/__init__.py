"""Sizing: how many people a case needs, who of them, and where.

``size`` is the whole; ``size_run`` one on its way, with ``candidates`` for new people, ``size_teams`` to be
planned, ``size_least`` proved, and ``size_curve``, the answer.
"""
