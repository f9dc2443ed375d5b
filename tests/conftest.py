"""What every suite shares.

Real data is read from the folder that `DETENTE_SHARED` names (see `tests/shared.py`); a test that needs a file which is
not there is skipped and says which. A PostgreSQL server comes from `tests/postgres.py`. Nothing here reaches for the
internet.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.postgres import fresh_postgres_url, postgres_url

__all__ = ["fresh_postgres_url", "postgres_url"]

# Two cores are shared by everything, so a slow example says nothing about the code: no deadline. The run that decides
# is the same for everybody (`derandomize`); `DETENTE_HYPOTHESIS=explore` looks for new examples, on purpose.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("DETENTE_HYPOTHESIS", "fixed"))
