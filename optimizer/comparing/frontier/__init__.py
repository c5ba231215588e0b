"""Frontier: plans that trade travel, balance and moves.

``trading`` plans at any exchange rate; ``envelope`` proves what no plan can beat; ``frontiers`` picks the
handful of plans worth a look.
"""
