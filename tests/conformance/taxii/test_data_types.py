"""TAXII 2.1 conformance, lines 18–22: data types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.conformance.taxii.loopback import TIMESTAMP, Client, Reply
from tests.contract.stix_examples import address, indicator, malware

REQUIRED = {
    "discovery": {"title"},
    "api_root": {"title", "versions", "max_content_length"},
    "collection": {"id", "title", "can_read", "can_write"},
    "status": {"id", "status", "total_count", "success_count", "failure_count", "pending_count"},
    "detail": {"id", "version"},
    "manifest_record": {"id", "date_added", "version"},
}
OPTIONAL = {
    "discovery": {"description", "contact", "default", "api_roots"},
    "api_root": {"description"},
    "collection": {"description", "alias", "media_types"},
    "status": {"request_timestamp", "successes", "failures", "pendings"},
    "detail": {"message"},
    "manifest_record": {"media_type"},
}


def _replies(client: Client) -> dict[str, Reply]:
    """One of each resource, with an object, a failure, and two pages."""
    status = client.post(indicator(1), malware(2), address(3), {"type": "nothing"})
    return {
        "discovery": client.get("/taxii2/"),
        "api_root": client.get(client.path()),
        "status": client.get(client.path("status", status.value["id"])),
        "collections": client.get(client.path("collections")),
        "collection": client.get(client.path("collections", client.world.exchange)),
        "envelope": client.get(client.objects(), "limit=2"),
        "manifest": client.get(client.manifest, "limit=2"),
        "versions": client.get(client.objects(str(indicator(1)["id"]), "versions")),
    }


def _walk(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _walk(inner)


def test_018_timestamps_have_exactly_six_fractional_digits_and_a_z(client: Client) -> None:
    replies = _replies(client)
    stamps = [replies["status"].value["request_timestamp"]]
    stamps += [record["date_added"] for record in replies["manifest"].value["objects"]]
    for name in ("envelope", "manifest", "versions"):
        stamps += [stamp for stamp in replies[name].added if stamp is not None]
    assert len(stamps) == 9
    assert all(TIMESTAMP.fullmatch(stamp) for stamp in stamps)


def test_019_lists_are_never_empty(client: Client) -> None:
    empty = [
        client.get(client.objects()),
        client.get(client.manifest),
        client.as_("stranger").get(client.path("collections")),
    ]
    assert [reply.value for reply in empty] == [{}, {}, {}]
    replies = _replies(client)
    good = client.post(indicator(9)).value
    assert "failures" not in good
    assert "pendings" not in good
    for reply in replies.values():
        assert all(each != [] for each in _walk(reply.value))


def test_020_identifiers_of_collections_and_statuses_are_uuids_of_version_4(client: Client) -> None:
    replies = _replies(client)
    found = [each["id"] for each in replies["collections"].value["collections"]]
    found += [replies["collection"].value["id"], replies["status"].value["id"]]
    for identifier in found:
        assert UUID(identifier).version == 4
        assert str(UUID(identifier)) == identifier


def test_021_booleans_are_literal_and_integers_within_what_a_double_holds(client: Client) -> None:
    replies = _replies(client)
    collection, status, root = (replies[name].value for name in ("collection", "status", "api_root"))
    flags = [collection["can_read"], collection["can_write"], replies["envelope"].value["more"]]
    assert all(type(flag) is bool for flag in flags)
    counts = [value for name, value in status.items() if name.endswith("_count")] + [root["max_content_length"]]
    assert len(counts) == 5
    assert all(type(count) is int and 0 <= count < 2**53 for count in counts)


def test_022_properties_have_their_names_and_the_required_ones_are_there(client: Client) -> None:
    replies = {name: reply.value for name, reply in _replies(client).items()}
    resources = [
        ("discovery", replies["discovery"]),
        ("api_root", replies["api_root"]),
        ("status", replies["status"]),
        ("collection", replies["collection"]),
        *(("collection", each) for each in replies["collections"]["collections"]),
        *(("detail", each) for each in replies["status"]["successes"] + replies["status"]["failures"]),
        *(("manifest_record", each) for each in replies["manifest"]["objects"]),
    ]
    for kind, value in resources:
        assert REQUIRED[kind] <= set(value) <= REQUIRED[kind] | OPTIONAL[kind]
    assert set(replies["collections"]) == {"collections"}
    assert set(replies["envelope"]) == {"more", "next", "objects"}
    assert set(replies["manifest"]) == {"more", "next", "objects"}
    assert set(replies["versions"]) == {"more", "versions"}
