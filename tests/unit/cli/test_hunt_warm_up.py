"""The fast pass can be compiled ahead, and who waits for it sees how far it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from detente.cli.hunting import hunt
from detente.cli.out import Out
from detente.node.code_cache import COMPILING, Preparing

pytest.importorskip("numba", reason="the fast pass needs Numba (the extra `hunt`)")


def test_warming_up_needs_no_log_and_no_node_and_says_where_it_is_kept() -> None:
    done = CliRunner().invoke(hunt, ["--warm-up"])
    assert (done.exit_code, done.stdout.startswith("Ready after ")) == (0, True), done.output
    assert "Kept in " in done.stdout


def test_where_nothing_can_be_kept_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETENTE_CACHE", str(tmp_path))
    tmp_path.chmod(0o777)
    done = CliRunner().invoke(hunt, ["--warm-up"])
    assert (done.exit_code, f"Nothing could be kept in {tmp_path}" in done.stdout) == (0, True), done.output


def test_who_waits_at_a_terminal_sees_how_many_functions_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_(told: Preparing | None) -> None:
        assert told is not None
        told(COMPILING, 0, 0)
        told(COMPILING, 48, 48)

    monkeypatch.setattr("detente.node.warm.load_code", compile_)
    monkeypatch.setattr(Out, "shows_progress", lambda self: True)
    done = CliRunner().invoke(hunt, ["--warm-up"])
    assert done.exit_code == 0, done.output
    assert "Compiling the fast pass, once for this machine" in done.stderr
    assert "100 %" in done.stderr
    assert "/s" not in done.stderr, "a rate is told when there was time to see one"
    # Nothing of it is left on the screen.
    assert done.stderr.endswith("\r\x1b[K")
