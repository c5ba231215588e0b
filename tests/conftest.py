"""What holds for all tests: how fast an example of hypothesis is says how busy the machine is, and nothing else."""

from hypothesis import HealthCheck, settings

settings.register_profile("calm", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")
