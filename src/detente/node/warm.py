"""Compile the fast pass ahead of the first hunt: once for a machine; it is kept (`detente.node.code_cache`)."""

from __future__ import annotations

from detente.errors import LocalError
from detente.hunt.indicators import IndicatorSource
from detente.hunt.scan import hunt
from detente.hunt.sieve import can_compile
from detente.node.code_cache import Preparing, load_code
from detente.stix.pattern import PatternValue


def warm_up(told: Preparing | None = None) -> None:
    """Raises LocalError where there is nothing to compile."""
    if not can_compile():
        raise LocalError("the fast pass needs Numba; install the extra `hunt` (pip install 'detente[hunt]')")
    load_code(told)
    from detente.hunt.builder import build

    # A name, a network and a hash: all kinds of tables, and the pass.
    values = (
        PatternValue("domain", "evil.example"),
        PatternValue("ipv4", "203.0.113.0/24"),
        PatternValue("ipv6", "2001:db8::1"),
        PatternValue("md5", "0" * 32),
        PatternValue("url", "http://evil.example/x"),
    )
    if not hunt([b"evil.example\n"], build([IndicatorSource("indicator--warm-up", values)]).matcher()).hits:
        raise LocalError("the fast pass finds nothing; run the tests of the hunt (make test ARGS=tests/property)")
