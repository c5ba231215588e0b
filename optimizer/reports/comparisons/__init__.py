"""Comparisons: reports of several plans: ``compare``, ``diff``, ``frontier``, ``sweep`` and ``size``."""
