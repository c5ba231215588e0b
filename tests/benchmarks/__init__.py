"""How fast and how good: commands that measure whole runs and write docs/benchmarks.md. Never a test of time."""
