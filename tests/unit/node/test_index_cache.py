"""The index beside the store is made once, mapped ever after, and made anew when anything that it was made of is another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.world import world

from detente.node import hunt as node_hunt
from detente.node.hunt import hunt_logs, read_indicators
from detente.node.hunt_run import HUNTING
from detente.node.index_cache import FILE, keep_index, label_of, open_index
from detente.node.open import Node
from detente.node.share import say
from detente.stix.canonical import JsonValue
from detente.stix.objects import parse_object

pytest.importorskip("numba", reason="the index needs Numba (the extra `hunt`)")


def told(node: Node, number: int) -> None:
    stix: dict[str, JsonValue] = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": f"[ipv4-addr:value = '198.51.100.{number}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    }
    say(node, "", [parse_object(stix)])


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with world(tmp_path / "world") as there:
        node = there.node("a")
        told(node, 7)
        yield node


def test_an_index_is_mapped_when_it_is_the_one_asked_for_and_holds_what_was_read(node: Node) -> None:
    label = label_of(node, HUNTING)
    assert open_index(node, label) is None
    sources, skipped = read_indicators(node)
    kept = keep_index(node, label, sources, skipped, Counter({"research": 2}))
    again = open_index(node, label)
    assert again is not None
    assert list(again.block.sources) == list(kept.block.sources) == sources
    assert again.denied == {"research": 2}
    assert (node.folder / FILE).stat().st_mode & 0o77 == 0
    assert open_index(node, label_of(node, "research")) is None
    told(node, 8)
    assert open_index(node, label_of(node, HUNTING)) is None


@pytest.mark.parametrize("spoiled", [b"", b"something else", None])
def test_a_file_that_is_no_index_is_made_anew(node: Node, spoiled: bytes | None) -> None:
    label = label_of(node, HUNTING)
    keep_index(node, label, *read_indicators(node), Counter())
    file = node.folder / FILE
    file.write_bytes(file.read_bytes()[:-100] if spoiled is None else spoiled)
    assert open_index(node, label) is None
    keep_index(node, label, *read_indicators(node), Counter())
    assert open_index(node, label) is not None


def test_where_it_cannot_be_written_it_is_used_all_the_same(node: Node) -> None:
    (node.folder / (FILE + ".part")).mkdir()
    with pytest.raises(OSError, match="directory"):
        (node.folder / (FILE + ".part")).write_bytes(b"")
    kept = keep_index(node, label_of(node, HUNTING), *read_indicators(node), Counter())
    assert len(kept.block.sources) == 1
    assert not (node.folder / FILE).exists()


def test_a_hunt_finds_the_same_with_and_without_it(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"198.51.100.7 - -\n198.51.100.8 - -\n" * 10)
    plain = hunt_logs(node, [log])
    assert (plain.result.count, (node.folder / FILE).exists()) == (10, False)
    monkeypatch.setattr(node_hunt, "COMPILED_BYTES_MIN", 1)
    for _ in range(2):  # made, and mapped
        kept = hunt_logs(node, [log])
        assert kept.result == plain.result
        assert (kept.indicators, kept.not_searched) == (plain.indicators, plain.not_searched)
        assert (node.folder / FILE).exists()
    told(node, 8)
    assert hunt_logs(node, [log]).result.count == 20
