"""Assignments: why a customer or a task is with whom it is, or with nobody, and what it would take to change that.

``alternatives`` is what a change of owner alone would change; ``owners``, ``unserved`` and ``tasks`` say why;
``codes`` and ``briefs`` say it of all customers at once; ``counterfactual`` decides the territories around
anew.
"""
