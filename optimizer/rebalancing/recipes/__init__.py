"""Recipes: the usual occasions for a change of plan, each one call.

``occasions`` are what can be asked for, ``limiting`` keeps all others out of it, ``covering`` is the weeks in
which somebody is away.
"""
