"""The fast pass can be compiled ahead."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from detente.cli.hunting import hunt


def test_warming_up_needs_no_log_and_no_node() -> None:
    pytest.importorskip("numba", reason="the fast pass needs Numba (the extra `hunt`)")
    done = CliRunner().invoke(hunt, ["--warm-up"])
    assert (done.exit_code, done.stdout.startswith("Ready after ")) == (0, True), done.output
