"""Killing whatever there is at random moments, and counting afterwards: ``python -m tests.crash``."""
