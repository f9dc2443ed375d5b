"""TAXII 2.1 conformance, lines 40–45: collections."""

from __future__ import annotations

import pytest
from tests.conformance.taxii.loopback import Client
from tests.contract.stix_examples import address, indicator, malware, old_malware


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("own", (True, True)),
        ("editor", (True, True)),
        ("writer", (False, True)),
        ("reader", (True, False)),
    ],
)
def test_040_a_collection_says_what_this_client_may_do(client: Client, role: str, rights: tuple[bool, bool]) -> None:
    found = client.as_(role).get(client.path("collections")).value["collections"]
    (exchange,) = [each for each in found if each["id"] == client.world.exchange]
    assert exchange["title"]
    assert (exchange["can_read"], exchange["can_write"]) == rights
    assert (role == "own") == (client.world.private in [each["id"] for each in found])


def test_041_collections_come_in_the_same_order_each_time(client: Client) -> None:
    first = client.get(client.path("collections")).body
    client.post(indicator(1))
    assert client.get(client.path("collections")).body == first


def test_042_without_any_collection_the_answer_is_an_empty_object(client: Client) -> None:
    reply = client.as_("stranger").get(client.path("collections"))
    assert (reply.status, reply.value) == (200, {})


def test_043_one_collection_equals_its_entry_in_the_list_and_an_unknown_one_is_answered_404(client: Client) -> None:
    for each in client.get(client.path("collections")).value["collections"]:
        assert client.get(client.path("collections", each["id"])).value == each
    for unknown in ("11111111-2222-4333-8444-555555555555", "no-uuid", "%00", "x" * 3_000):
        assert client.get(client.path("collections", unknown)).status == 404


def test_044_an_alias_works_in_place_of_the_id_and_is_unique(client: Client) -> None:
    found = client.get(client.path("collections")).value["collections"]
    aliases = [each["alias"] for each in found if "alias" in each]
    assert "exchange" in aliases
    assert len(set(aliases) | {each["id"] for each in found}) == len(aliases) + len(found)
    assert client.post(indicator(1), path=client.path("collections", "exchange", "objects")).status == 202
    for steps in ((), ("objects",), ("manifest",), ("objects", str(indicator(1)["id"]))):
        by_id = client.get(client.path("collections", client.world.exchange, *steps))
        assert client.get(client.path("collections", "exchange", *steps)).body == by_id.body
    assert client.as_("stranger").get(client.path("collections", "exchange", "objects")).status == 404


def test_045_media_types_name_everything_that_a_manifest_names(client: Client) -> None:
    client.post(indicator(1), malware(2), address(3), old_malware(4))
    known = client.get(client.path("collections", client.world.exchange)).value["media_types"]
    records = client.get(client.manifest).value["objects"]
    assert len(records) == 4
    assert {record["media_type"] for record in records} <= set(known)
