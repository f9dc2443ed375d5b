"""What every suite shares.

Real data is read from the folder that `DETENTE_SHARED` names (see `tests/shared.py`); a test that needs a file which is
not there is skipped and says which. A PostgreSQL server comes from `tests/postgres.py`. Nothing here reaches for the
internet.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from detente.hunt.sieve import can_compile
from detente.node.code_cache import load_code
from tests.postgres import fresh_postgres_url, postgres_url
from tests.tree import ROOT

__all__ = ["fresh_postgres_url", "postgres_url"]

# One of the processes that run tests compiles the hunt's fast pass, the others wait for it; the programs that tests start load it too.
os.environ.setdefault("DETENTE_CACHE", str(ROOT / ".pytest_cache" / "compiled"))


@pytest.fixture(scope="session", autouse=True)
def compiled_pass() -> None:
    if can_compile():
        load_code()


# Two cores are shared by everything, so a slow example says nothing about the code: no deadline. The run that decides
# is the same for everybody (`derandomize`); `DETENTE_HYPOTHESIS=explore` looks for new examples, on purpose.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("DETENTE_HYPOTHESIS", "fixed"))
