"""What holds for all tests: how fast an example of hypothesis is says how busy the machine is, and nothing else.

The examples are the same in every run; ``HYPOTHESIS_PROFILE=search`` looks for new ones.
"""

import os

from hypothesis import HealthCheck, settings

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", CALM)
settings.register_profile("calm", CALM, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "calm"))
