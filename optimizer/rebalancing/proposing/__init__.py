"""Proposing: the smallest change of a plan that is worth it, or that none is.

``aiming`` says what is sought; ``concern`` where; ``part`` cuts it out; ``tally`` and ``incumbent`` keep what
a plan adds up to; ``walking`` and ``pruning`` find the moves, ``moves`` justifies each; ``curve`` says what
fewer or more would bring, ``drift`` what a fresh plan could save at most; ``rebalance`` goes through all of
it and gives a ``proposal``.
"""
