"""What the TAXII surface asks of the node: collections of objects, with rights decided inside.

The values come from `detente.taxii`, so that an implementation below `web` needs nothing from here.
`tests/contract/test_collections_contract.py` says what every implementation does; the methods block unless stated
otherwise, and are called from several worker threads at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from detente.stix.canonical import JsonValue
from detente.taxii.caller import Caller
from detente.taxii.query import Filter
from detente.taxii.resources import Collection, Page, Row, Status, StatusDetail

__all__ = ["Caller", "Collection", "Collections", "Filter", "Page", "Row", "Status", "StatusDetail"]


class Collections(Protocol):
    """The collections of one node. A collection that a caller may neither read nor write does not exist for them."""

    def remembered(self, scheme: str, credentials: str) -> Caller | None:
        """As `authenticate`, from memory alone: never blocks, for it is called in the event loop. None: ask there.

        Whoever's token was withdrawn is forgotten at once.
        """

    def authenticate(self, scheme: str, credentials: str) -> Caller | None:
        """`scheme` is "bearer" (credentials: the token) or "basic" (credentials: base64 of name ":" secret)."""

    def epoch(self, caller: Caller, collection_id: str) -> Hashable:
        """Changes whenever what this caller can see there may have changed; never blocks. None: not known, ask.

        "Changed" includes rights that begin, end or expire. The value may be that of an unknown collection as well.
        """

    def collections(self, caller: Caller) -> Sequence[Collection]:
        """What the caller may read or write, always in the same order."""

    def collection(self, caller: Caller, id_or_alias: str) -> Collection | None:
        """One of `collections`."""

    def page(
        self, caller: Caller, collection_id: str, filter_: Filter, after_us: int, limit: int, *, bytes_max: int
    ) -> Page:
        """Rows with `added_us` above `after_us` and `filter_.added_after_us`, ascending, at most `limit`.

        It ends early, with `more`, before the bodies exceed `bytes_max` in all; but it holds at least one row if there
        is any. `filter_.versions` is ranked and compared by `taxii.times.version_key`, `filter_.spec_versions` empty
        means the latest of each object; both look at rows that match the rest of the filter and that the caller may
        see. Empty when the caller may not read there.
        """

    def add(self, caller: Caller, collection_id: str, objects: Sequence[JsonValue]) -> Status:
        """Durable on return: good objects are stored, bad ones reported in the status, one detail for each given.

        The values are strict JSON and nothing more is known of them. An exact duplicate is a success that changes
        nothing. Raises NotPermitted when the caller may not write there.
        """

    def status(self, caller: Caller, status_id: str) -> Status | None:
        """Of an `add` by the same token, for at least 24 hours after it."""

    def delete(
        self,
        caller: Caller,
        collection_id: str,
        object_id: str,
        versions: tuple[str, ...],
        spec_versions: tuple[str, ...],
    ) -> bool:
        """Withdraws versions, chosen as in a Filter, but with all spec versions when `spec_versions` is empty.

        False when there was none of them. Raises NotPermitted when the caller may read it but not withdraw it.
        """
