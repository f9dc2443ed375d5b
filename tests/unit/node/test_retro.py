"""Summaries of logs, asked about what came since."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.test_commands import node, run

from detente.hunt import sieve
from detente.node.open import opened
from detente.store import index
from detente.store.log import JOURNAL

__all__ = ["node", "run"]  # fixtures

Run = Callable[..., Any]

pytest.importorskip("numba", reason="summaries need Numba (the extra `hunt`)")

LOG = "".join(
    f'198.51.100.{n} - - [1{n}/Nov/2026:06:00:00 +0000] "GET /{name} HTTP/1.1" 200 1\n'
    for n, name in enumerate(("index.html", "x?to=www.bad.test", "a?b=http://worse.test/x"), 1)
)


@pytest.fixture
def logs(node: Run, tmp_path: Path) -> Path:
    """Three logs that are summarised: nothing that was told by then is in them."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "access.log").write_text(LOG)
    (folder / "access.log.1.gz").write_bytes(gzip.compress(LOG.replace("198.51.100.", "203.0.113.").encode()))
    (folder / "other.log").write_text("nothing here but 192.0.2.1\n")
    node("collection", "add", "c")
    tell(node, tmp_path, "192.0.2.1\n")
    added = node("retro", "add", str(folder))
    assert [(Path(one["log"]).name, one["bytes"]) for one in added["added"]] == [
        ("access.log", len(LOG)),
        ("access.log.1.gz", len(LOG.replace("198.51.100.", "203.0.113."))),
        ("other.log", 27),
    ]
    return folder


def tell(node: Run, tmp_path: Path, values: str) -> None:
    file = tmp_path / "told.txt"
    file.write_text(values)
    node("import", str(file), "--collection", "c")


def test_what_came_since_is_found_in_the_logs_that_hold_it_and_no_other_log_is_read(
    node: Run, logs: Path, tmp_path: Path
) -> None:
    node("retro", "run", code=3)
    tell(node, tmp_path, "bad.test\n203.0.113.0/30\nnowhere.test\n")
    found = node("retro", "run")
    assert (found["indicators"], found["summaries"], found["logs_read"], found["logs_read_in_vain"]) == (3, 3, 2, 0)
    by_value = {hit["values"][0]: (hit["count"], hit["rules"], len(hit["logs"])) for hit in found["hits"]}
    assert by_value == {"bad.test": (2, {"parent": 2}, 2), "203.0.113.0/30": (3, {"network": 3}, 1)}
    # The ordinary hunt over the same logs finds the same.
    hunted = {hit["values"][0]: hit["count"] for hit in node("hunt", str(logs))["hits"]}
    assert {**hunted, "192.0.2.1": 0} == {"bad.test": 2, "203.0.113.0/30": 3, "192.0.2.1": 0}
    # What was asked once is not asked again, unless all is.
    assert node("retro", "run", code=3)["indicators"] == 0
    assert node("retro", "run", "--all")["indicators"] == 4


def test_a_log_that_is_gone_is_named_with_what_may_have_been_in_it(node: Run, logs: Path, tmp_path: Path) -> None:
    (logs / "access.log").unlink()
    (logs / "access.log.1.gz").unlink()
    tell(node, tmp_path, "bad.test\n")
    found = node("retro", "run")
    assert found["hits"] == []
    assert [(Path(one["log"]).name, one["state"], len(one["indicators"])) for one in found["unconfirmed"]] == [
        ("access.log", "gone", 1),
        ("access.log.1.gz", "gone", 1),
    ]
    tell(node, tmp_path, "worse.test\n")
    text = node("retro", "run", text=True)
    assert "access.log is not there any more; a token with the same fingerprint was in it" in text
    assert "worse[.]test" in text


def test_the_list_says_whether_a_log_is_what_it_was(node: Run, logs: Path, tmp_path: Path) -> None:
    def states() -> dict[str, str]:
        return {Path(one["log"]).name: one["state"] for one in node("retro", "list")["logs"]}

    assert set(states().values()) == {"same"}
    with (logs / "access.log").open("a") as file:
        file.write("192.0.2.99\n")
    (logs / "access.log.1.gz").rename(logs / "access.log.2.gz")
    (logs / "other.log").write_text("something else altogether\n")
    assert states() == {"access.log": "grew", "access.log.1.gz": "moved", "other.log": "changed"}
    # Both are still read, one under its new name.
    tell(node, tmp_path, "bad.test\n192.0.2.1\n")
    found = node("retro", "run", "--all")
    assert found["logs_read"] == 2
    assert [Path(one["log"]).name for one in found["unconfirmed"]] == ["other.log"]
    # Added again, what grew is summarised as a whole; what did not is left alone.
    (logs / "access.log.2.gz").rename(logs / "access.log.1.gz")
    again = node("retro", "add", str(logs))
    assert [Path(one["log"]).name for one in again["added"]] == ["access.log", "other.log"]
    assert [Path(name).name for name in again["known"]] == ["access.log.1.gz"]
    assert set(states().values()) == {"same"}
    assert len(states()) == 3


def test_a_dropped_summary_is_asked_no_more_and_the_others_stay_as_they_are(
    node: Run, logs: Path, tmp_path: Path
) -> None:
    node("retro", "run", code=3)
    node("retro", "drop", str(logs / "access.log"))
    node("retro", "drop", str(logs / "nothing.log"), code=3)
    tell(node, tmp_path, "bad.test\n")
    found = node("retro", "run")
    assert (found["summaries"], found["indicators"], [Path(name).name for name in found["hits"][0]["logs"]]) == (
        2,
        1,
        ["access.log.1.gz"],
    )
    node("retro", "drop", str(logs))
    node("retro", "list", code=3)
    node("retro", "run", code=3)


def test_half_a_log_is_not_summarised_and_damaged_summaries_say_so(node: Run, logs: Path, tmp_path: Path) -> None:
    (logs / "cut.gz").write_bytes(gzip.compress(LOG.encode())[:-20])
    added = node("retro", "add", str(logs / "cut.gz"), code=3)
    assert "gzip" in added["failed"][0]["reason"]
    pack = next((tmp_path / "node" / "retro").glob("*.pack"))
    pack.write_bytes(b"detente summaries 0\n" + bytes(100))
    assert "drop" in node("retro", "list", code=1)["error"]["message"]


def test_the_journal_keeps_the_run(node: Run, logs: Path, tmp_path: Path) -> None:
    tell(node, tmp_path, "bad.test\n")
    (logs / "access.log").unlink()
    entry = node("retro", "run")["entry"]
    with opened(tmp_path / "node") as ours, ours.store.indexed() as connection:
        _, body = index.read_kind(connection, JOURNAL, "hunt", 1)[0]
    said = json.loads(body)
    assert said["hits"][0]["count"] == 1
    assert said["retro"]["summarised_logs"] == 3
    assert [Path(one["log"]).name for one in said["retro"]["unconfirmed"]] == ["access.log"]
    assert entry > 0


def test_without_the_extra_the_error_says_what_to_install(
    node: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detente.node.summaries.can_compile", lambda: False)
    assert sieve.can_compile()
    message = node("retro", "list", code=3)["error"]["message"]
    assert "detente[hunt]" in message


def test_a_pattern_of_several_lines_is_asked_of_each_log_alone_and_listed_as_such(
    node: Run, logs: Path, tmp_path: Path
) -> None:
    indicator = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--5b1c2f1e-6c0e-4f0f-9a55-2f6a3f5a7d11",
        "created": "2026-11-20T00:00:00.000Z",
        "modified": "2026-11-20T00:00:00.000Z",
        "pattern": "[ipv4-addr:value = '198.51.100.1'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.3']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    }
    file = tmp_path / "told.json"
    file.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": [indicator]}))
    node("import", str(file), "--collection", "c")
    found = node("retro", "run")
    assert [hit["indicator"] for hit in found["hits"]] == [indicator["id"]]
    assert [Path(name).name for name in found["hits"][0]["logs"]] == ["access.log"]
    assert "asked of each log alone" in found["not_searched"][-1]["reason"]
