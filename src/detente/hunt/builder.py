"""Indicators into the block of `detente.hunt.block`, one by one: of each no more is held than the block will."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.errors import InvalidPattern
from detente.hunt import block
from detente.hunt.block import NO_CONFIDENCE, NO_TIME, Block, packed, tables_of
from detente.hunt.indicators import IndicatorSource, NotSearched
from detente.hunt.keys import NETWORK4, NETWORK6, URL, URL_ANY_SCHEME, keys_of

_IDS_AT_ONCE = 1 << 12
_COMMON_ID = r"indicator--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_COMMON_IDS = re.compile(rf"{_COMMON_ID}(?:\n{_COMMON_ID})*").fullmatch
_URLS = (URL[0], URL_ANY_SCHEME[0])


class Builder:
    def __init__(self, *, allowed_suffixes: frozenset[str] = frozenset()) -> None:
        self.not_searched: list[NotSearched] = []
        self._not_searched_of = array("q")  # the place of the indicator of each; -1 of one that is not in the block
        self._allowed_suffixes = allowed_suffixes
        self._keys: list[bytes] = []
        self._owners = array("I")
        self._ids: list[str] = []  # of the last ones, which are not among the others yet
        self._uuids = bytearray()
        self._other_ids: dict[str, str] = {}
        self._names: dict[str, int] = {}  # of parties
        self._shared_by = array("I")
        self._labels: dict[str, int] = {}  # of markings
        self._markings = array("I")
        self._revoked = bytearray()
        self._confidences = bytearray()
        self._valid_from = array("q")
        self._valid_until = array("q")  # of those that have one, and which these are
        self._ending = array("I")
        self._searched = 0
        self._patterns: dict[str, str] = {}
        self._url_bytes_max = 0

    def add(self, source: IndicatorSource) -> None:
        """An indicator, also one of which nothing can be searched for: that is kept with the reason."""
        index = len(self._revoked)
        self._ids.append(source.id)
        if len(self._ids) == _IDS_AT_ONCE:
            self._take_ids()
        if source.pattern:
            self._patterns[str(index)] = source.pattern
        names, labels = self._names, self._labels
        self._shared_by.append(names.setdefault(source.shared_by, len(names)))
        self._markings.append(labels.setdefault(source.marking, len(labels)))
        self._revoked.append(source.revoked)
        self._confidences.append(NO_CONFIDENCE if source.confidence is None else max(0, min(100, source.confidence)))
        self._valid_from.append(NO_TIME if source.valid_from_us is None else source.valid_from_us)
        if source.valid_until_us is not None:
            self._valid_until.append(source.valid_until_us)
            self._ending.append(index)
        if not source.values:
            self._leave_out(index, NotSearched(source.id, source.shared_by, "", "holds no value to search for"))
        for kind, value in source.values:
            try:
                keys = keys_of(kind, value, allowed_suffixes=self._allowed_suffixes)
            except InvalidPattern as reason:
                self._leave_out(index, NotSearched(source.id, source.shared_by, value, str(reason)))
                continue
            self._searched += 1
            self._keys += keys
            for key in keys:
                self._owners.append(index)
                if key[0] in _URLS:
                    self._url_bytes_max = max(self._url_bytes_max, len(key) - 1)

    def list_missing(self, missing: Sequence[NotSearched]) -> None:
        """Indicators that cannot be added, to be listed in the block before those of which something is missing."""
        self.not_searched[:0] = missing
        self._not_searched_of[:0] = array("q", [-1]) * len(missing)

    def _leave_out(self, index: int, one: NotSearched) -> None:
        self.not_searched.append(one)
        self._not_searched_of.append(index)

    def block(self, label: str = "", *, markings: Mapping[str, str] | None = None) -> bytes:
        """The finished block. `label` tells the state that it was made of, for whoever keeps it.

        `markings`: what those stand for that were not known yet when indicators were added.
        """
        self._take_ids()
        words: dict[str, int] = {}
        shared_by = _numbers(words, self._names)
        marked = _numbers(words, [(markings or {}).get(label, label) for label in self._labels])
        keys, owners = self._keys, np.frombuffer(self._owners, np.uint32)
        prints = np.frombuffer(b"".join(map(block.fingerprint, keys)), "<u4")
        sizes = np.fromiter(map(len, keys), np.uint32, len(keys))
        starts = np.cumsum(sizes, dtype=np.int64) - sizes
        order = np.argsort(prints, kind="stable")
        lengths = {table: sorted({key[1] for key in keys if key[:1] == table}) for table in (NETWORK4, NETWORK6)}
        tables = tables_of(keys, lengths)
        sections: dict[str, NDArray[Any]] = {
            "key_prints": prints[order],
            "key_owners": owners[order],
            "key_starts": starts[order].astype(np.uint32),
            "key_sizes": sizes[order].astype(np.uint16),
            "key_text": np.frombuffer(b"".join(keys), np.uint8),
            "uuids": np.frombuffer(self._uuids, np.uint8),
            "shared_by": shared_by[np.frombuffer(self._shared_by, np.uint32)],
            "markings": marked[np.frombuffer(self._markings, np.uint32)],
            "revoked": np.frombuffer(self._revoked, np.uint8),
            "confidences": np.frombuffer(self._confidences, np.uint8),
            "valid_from": np.frombuffer(self._valid_from, np.int64),
            "valid_until": np.frombuffer(self._valid_until, np.int64),
            "ending": np.frombuffer(self._ending, np.uint32),
            **{f"kernel_{name}": value for name, value in tables._asdict().items() if isinstance(value, np.ndarray)},
        }
        head = {
            "label": label,
            "indicators": len(self._revoked),
            "values": self._searched,
            "url_bytes_max": self._url_bytes_max,
            "words": list(words),
            "other_ids": self._other_ids,
            "patterns": self._patterns,
            "lengths4": lengths[NETWORK4],
            "lengths6": lengths[NETWORK6],
            "kernel": {
                name: int(value) for name, value in tables._asdict().items() if not isinstance(value, np.ndarray)
            },
            "not_searched": [
                [n.id, n.shared_by, n.value, n.reason, index]
                for n, index in zip(self.not_searched, self._not_searched_of, strict=True)
            ],
        }
        return packed(head, sections)

    def _take_ids(self) -> None:
        """Many at once: one search finds that all of them are of the common form."""
        together = "\n".join(self._ids)
        if _COMMON_IDS(together) is not None:
            self._uuids += bytes.fromhex(together.replace("indicator--", "").replace("-", ""))
        else:
            for index, id_ in enumerate(self._ids, start=len(self._uuids) >> 4):
                common = _COMMON_IDS(id_) is not None
                self._uuids += bytes.fromhex(id_[11:].replace("-", "")) if common else bytes(16)
                if not common:
                    self._other_ids[str(index)] = id_
        self._ids.clear()


def _numbers(words: dict[str, int], listed: Iterable[str]) -> NDArray[np.uint16]:
    """The number of each word among all, of which there are few."""
    return np.array([words.setdefault(word, len(words)) for word in listed], np.uint16)


def build(
    sources: Iterable[IndicatorSource], *, allowed_suffixes: frozenset[str] = frozenset(), label: str = ""
) -> Block:
    """The block of all these indicators, in memory."""
    builder = Builder(allowed_suffixes=allowed_suffixes)
    for source in sources:
        builder.add(source)
    return Block(builder.block(label))
