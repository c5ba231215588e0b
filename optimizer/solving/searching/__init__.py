"""Searching: from a first plan to a better one."""
