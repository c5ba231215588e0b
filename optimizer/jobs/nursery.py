"""The nursery: the process from which children are forked, with everything loaded that a job needs.

A child is there in milliseconds and shares what is loaded. Only that process imports this module.
"""

from __future__ import annotations

import signal

import optimizer.jobs.child  # noqa: F401 - this is what is loaded

signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager tells everybody; only the worker is asked
