"""Modelling: the problem in a solver's words: which pairs, and what they add up to."""
