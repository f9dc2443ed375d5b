"""Indicators out of files of any size: what is held meanwhile, what is refused, and what a hunt makes of them."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.shared import shared

from detente.errors import InvalidObject
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.sieve import can_compile
from detente.intake import streamed
from detente.intake.streamed import StixStream
from detente.node import lists
from detente.node.bundle_file import BundleIndicators
from detente.node.hunt_run import Choice
from detente.node.lists import _from_document, hunt_for_file, read_indicator_file
from detente.node.logs import list_logs
from detente.node.search import Manner

needs_block = pytest.mark.skipif(not can_compile(), reason="the index needs Numba (the extra `hunt`)")


def indicator(number: int, **more: object) -> dict[str, object]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number:08x}-0000-4000-8000-000000000000",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": f"[ipv4-addr:value = '198.51.{number >> 8}.{number & 255}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def bundle(*objects: object) -> str:
    return json.dumps({"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "objects": objects})


def from_file(path: Path, block_from: int | None = None) -> tuple[list[IndicatorSource], list[NotSearched]]:
    sources, missing = read_indicator_file(path, at_us=0, random=os.urandom, block_from=block_from)
    return list(sources), missing


def in_windows(read: Callable[[int, int], bytes], size: int) -> tuple[list[IndicatorSource], list[NotSearched]]:
    indicators = BundleIndicators(StixStream(read, window_bytes=size), "b")
    sources = list(indicators)
    return [replace(one, marking=indicators.markings.get(one.marking, "")) for one in sources], indicators.not_searched


@pytest.mark.parametrize("window_bytes", [1_000, 256 << 10])
@pytest.mark.parametrize("name", ["attack/attack-v18.1-apt28-apt29.stix21.json"])
def test_a_real_bundle_in_windows_is_what_it_is_as_a_whole(name: str, window_bytes: int) -> None:
    data = shared(name).read_bytes()
    # It holds no indicators, so some go before and behind.
    begin = data.index(b"[") + 1
    data = data[:begin] + json.dumps(indicator(1)).encode() + b"," + data[begin:]
    end = data.rindex(b"]")
    data = data[:end] + b"," + json.dumps(indicator(2, confidence=5.5)).encode() + data[end:]
    found = in_windows(lambda at, size: data[at : at + size], window_bytes)
    assert found == _from_document(data, "b", 0, os.urandom)
    assert len(found[0]) == 2


def test_a_bundle_of_50_mb_is_read_in_little_memory() -> None:
    """Of two objects of which each is 60 KB, again and again; they come again, so each is looked at a second time too."""
    pair = ",".join(json.dumps(indicator(number, description="},{" * 20_000)) for number in range(2)).encode() + b",\n"
    head, tail = b'{"type":"bundle","objects":[', json.dumps(indicator(7)).encode() + b"]}"
    body = 50_000_000 // len(pair) * len(pair)

    def read(start: int, size: int) -> bytes:
        text = b""
        while len(text) < size and start + len(text) < len(head) + body + len(tail):
            at = start + len(text)
            if at < len(head):
                text += head[at:]
            elif at < len(head) + body:
                begin = (at - len(head)) % len(pair)
                text += (pair * 20)[begin : begin + min(size, len(head) + body - at)]
            else:
                text += tail[at - len(head) - body :]
        return text[:size]

    tracemalloc.start()
    sources, missing = in_windows(read, streamed.WINDOW_BYTES)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.id[11:19] for one in sources] == ["00000000", "00000001", "00000007"]
    assert missing == []
    assert peak < 6_000_000


def test_what_comes_through_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(bundle(indicator(1), indicator(2)))
    end, begin = os.pipe()
    os.write(begin, file.read_bytes())
    os.close(begin)
    try:
        sources, missing = from_file(Path(f"/dev/fd/{end}"))
    finally:
        os.close(end)
    assert ([one.id for one in sources], missing) == ([one.id for one in from_file(file)[0]], [])


def test_a_wrong_bundle_is_refused_with_the_line_or_if_it_is_large_with_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.json"
    file.write_text('{"objects": [\n' + json.dumps(indicator(1)) + "\n" + json.dumps(indicator(2)) + "]}")
    with pytest.raises(InvalidObject, match="not JSON at line 3, column 1: Expecting ',' delimiter"):
        from_file(file)
    monkeypatch.setattr(lists, "EXPLAINED_BYTES_MAX", 10)
    at = file.read_text().index("\n{", 20) + 1
    with pytest.raises(InvalidObject, match=f"not JSON at byte {at}: a comma or ] is missing"):
        from_file(file)


def test_an_object_larger_than_any_may_be_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "OBJECT_BYTES_MAX", 10_000)
    monkeypatch.setattr(lists, "EXPLAINED_BYTES_MAX", 0)
    file = tmp_path / "b.json"
    file.write_text(bundle(indicator(1), indicator(2, description="x" * 40_000)))
    with pytest.raises(InvalidObject, match="no object of at most"):
        from_file(file)


@needs_block
def test_markings_that_come_behind_are_in_the_index_too(tmp_path: Path) -> None:
    own = "marking-definition--00000000-0000-4000-8000-00000000000a"
    definition = {
        "type": "marking-definition", "spec_version": "2.1", "id": own, "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "tlp", "definition": {"tlp": "amber"},
    }  # fmt: skip
    file = tmp_path / "b.json"
    file.write_text(bundle(indicator(1, object_marking_refs=[own]), indicator(2), definition))
    for block_from in (None, 1):
        assert [one.marking for one in from_file(file, block_from)[0]] == ["TLP:AMBER", ""]


@needs_block
@pytest.mark.parametrize(
    "choice", [Choice(), Choice(min_confidence=40), Choice(indicators_max=7), Choice(indicators_max=90)]
)
def test_a_hunt_finds_the_same_by_an_index_and_by_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: Choice
) -> None:
    file, log = tmp_path / "b.json", tmp_path / "log"
    file.write_text(
        bundle(
            *(indicator(number, **({"confidence": number} if number % 3 else {})) for number in range(100)),
            indicator(300, confidence=90, pattern="[domain-name:value = 'co.uk']"),
            indicator(301, confidence=10, pattern="[domain-name:value = 'org.uk']"),
        )
    )
    log.write_text("".join(f"198.51.0.{number} co.uk\n" for number in range(0, 256, 3)))

    def run() -> tuple[object, ...]:
        found = hunt_for_file(file, list_logs([log]), choice=choice, manner=Manner(), at_us=0, random=os.urandom)
        return {(h.id, h.count) for h in found.result.hits}, found.indicators, set(found.not_searched), found.left_out

    plain = run()
    monkeypatch.setattr(lists, "INDICATORS_MIN", 5)
    assert run() == plain


def test_a_request_to_stop_ends_the_reading_at_once(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(bundle(*map(indicator, range(200))))
    manner = Manner()
    seen = []

    def told(what: str, done: int, total: int) -> None:
        seen.append((what, 0 < done < total))
        manner.stop.ask()

    manner.preparing = told
    with pytest.raises(KeyboardInterrupt):
        hunt_for_file(file, list_logs([file]), choice=Choice(), manner=manner, at_us=0, random=os.urandom)
    assert seen == [("Reading the indicators", True)]
    assert not manner.stop.reading
