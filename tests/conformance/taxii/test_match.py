"""TAXII 2.1 conformance, lines 67–80: the match fields."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.conformance.taxii.loopback import Client
from tests.contract.stix_examples import address, identifier, indicator, malware, old_malware, statement_marking

from detente.taxii.times import UNVERSIONED

# Section 6 to 9 of STIX 2.1, and what else can be in an envelope.
STIX_21_TYPES = (
    "attack-pattern campaign course-of-action grouping identity incident indicator infrastructure intrusion-set "
    "location malware malware-analysis note observed-data opinion report threat-actor tool vulnerability relationship "
    "sighting artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr "
    "mac-addr mutex network-traffic process software url user-account windows-registry-key x509-certificate "
    "language-content marking-definition extension-definition"
)


def _modified(hour: int) -> str:
    return f"2026-02-01T{hour:02}:00:00.000Z"


def _versions(client: Client, match: str | None = None, path: str | None = None) -> list[str]:
    query = {} if match is None else {"match[version]": match}
    reply = client.get(path or client.objects(), query)
    assert reply.status == 200
    return [each.get("modified", each.get("version", "")) for each in reply.value.get("objects", [])]


def test_067_by_type_one_or_several_and_no_stix_type_is_an_error(client: Client) -> None:
    client.post(indicator(1), malware(2), address(3))
    for wanted, numbers in (("indicator", [0]), ("ipv4-addr,indicator", [0, 2]), ("tool", []), ("x-own-type", [])):
        ids = [indicator(1)["id"], malware(2)["id"], address(3)["id"]]
        assert client.get(client.objects(), {"match[type]": wanted}).ids == [ids[number] for number in numbers]
    client.post(*({"type": name, "id": identifier(name, 5), "spec_version": "2.1"} for name in STIX_21_TYPES.split()))
    for name in STIX_21_TYPES.split():
        found = client.get(client.objects(), {"match[type]": name})
        assert found.status == 200
        assert all(each.startswith(f"{name}--") for each in found.ids)


def test_068_by_id_one_or_several(client: Client) -> None:
    client.post(*(indicator(number) for number in range(5)))
    ids = [str(indicator(number)["id"]) for number in range(5)]
    assert client.get(client.objects(), {"match[id]": ids[3]}).ids == [ids[3]]
    assert client.get(client.objects(), {"match[id]": f"{ids[4]},{ids[1]},{ids[1]}"}).ids == [ids[1], ids[4]]
    assert client.get(client.objects(), {"match[id]": "no-id-at-all"}).ids == []


def test_069_fields_are_joined_by_and(client: Client) -> None:
    client.post(indicator(1), malware(2), indicator(1, modified=_modified(1)))
    ids = f"{indicator(1)['id']},{malware(2)['id']}"
    both = {"match[id]": ids, "match[type]": "malware"}
    assert client.get(client.objects(), both).ids == [malware(2)["id"]]
    assert client.get(client.objects(), {**both, "match[version]": _modified(1)}).ids == []
    assert client.get(client.objects(), {**both, "added_after": "2999-01-01T00:00:00Z"}).ids == []


@pytest.mark.parametrize(
    "field", ["match[type]", "match[id]", "match[version]", "match[spec_version]", "limit", "next"]
)
def test_070_a_field_given_twice_is_answered_400(client: Client, field: str) -> None:
    value = {"match[version]": "last", "limit": "5", "next": "1"}.get(field, "x")
    assert client.get(client.objects(), f"{field}={value}").status == 200
    assert client.get(client.objects(), f"{field}={value}&{field}={value}").status == 400
    encoded = field.replace("[", "%5B").replace("]", "%5d")
    assert client.get(client.manifest, f"{field}={value}&x=y&{encoded}={value}").status == 400


def test_071_unknown_parameters_are_passed_over_and_unknown_match_fields_answered_400(client: Client) -> None:
    client.post(indicator(1))
    for query in ("x=1", "Limit=0", "type=tool", "&&&=&", "match=5", "match%5Btype=5", "x[type]=tool"):
        assert client.get(client.objects(), query).ids == [indicator(1)["id"]]
    for query in ("match[name]=x", "match[Type]=x", "match[type,id]=x", "match[]=x"):
        assert client.get(client.objects(), query).status == 400


def test_072_the_default_version_is_the_last(client: Client) -> None:
    client.post(*(indicator(1, modified=_modified(hour)) for hour in (1, 2, 3)))
    assert _versions(client) == _versions(client, "last") == [_modified(3)]


def test_073_first_and_all(client: Client) -> None:
    client.post(*(indicator(1, modified=_modified(hour)) for hour in (1, 2, 3)))
    assert _versions(client, "first") == [_modified(1)]
    assert _versions(client, "all") == [_modified(1), _modified(2), _modified(3)]


def test_074_an_exact_version_several_and_mixed_with_first_and_last(client: Client) -> None:
    client.post(*(indicator(1, modified=_modified(hour)) for hour in (1, 2, 3, 4)))
    assert _versions(client, _modified(2)) == [_modified(2)]
    assert _versions(client, "2026-02-01T02:00:00Z") == [_modified(2)]
    assert _versions(client, f"{_modified(2)},{_modified(3)}") == [_modified(2), _modified(3)]
    assert _versions(client, f"last,{_modified(2)}") == [_modified(2), _modified(4)]
    assert _versions(client, f"last,first,{_modified(2)}") == [_modified(1), _modified(2), _modified(4)]
    assert _versions(client, _modified(9)) == []


@pytest.mark.parametrize(
    "match",
    [
        "all,last",
        "first,all",
        "all,2026-02-01T02:00:00.000Z",
        "last,last",
        "2026-02-01T02:00:00.000Z,2026-02-01T02:00:00.000Z",
        "2026-02-01T02:00:00.000Z,2026-02-01T02:00:00Z",
    ],
)
def test_075_all_with_anything_else_or_a_version_twice_is_answered_400(client: Client, match: str) -> None:
    assert client.get(client.objects(), {"match[version]": match}).status == 400


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_076_versions_that_arrive_out_of_order_are_ranked_by_modified(
    client: Client, order: tuple[int, int, int]
) -> None:
    for hour in order:
        client.post(indicator(1, modified=_modified(hour)))
    assert _versions(client) == [_modified(3)]
    assert _versions(client, "first") == [_modified(1)]
    assert _versions(client, "all") == [_modified(hour) for hour in order]


def test_077_without_modified_created_is_the_version(client: Client) -> None:
    marking = statement_marking(1)
    client.post(marking)
    assert client.get(client.manifest).value["objects"][0]["version"] == marking["created"]
    assert client.get(client.objects(), {"match[version]": str(marking["created"])}).ids == [marking["id"]]


def test_078_without_both_the_version_is_fixed_and_the_object_stays_findable(client: Client) -> None:
    client.post(address(1))
    (record,) = client.get(client.manifest).value["objects"]
    assert record["version"] == UNVERSIONED
    for match in (UNVERSIONED, "first", "last", "all"):
        assert client.get(client.objects(), {"match[version]": match}).ids == [address(1)["id"]]
    assert client.get(client.objects(str(address(1)["id"]), "versions")).value["versions"] == [UNVERSIONED]


def test_079_by_spec_version_only_what_is_listed_comes(client: Client) -> None:
    client.post(old_malware(1), malware(2))
    ids = [malware(1)["id"], malware(2)["id"]]
    old = ids[:1] if client.world.keeps_stix_20 else []
    assert client.get(client.objects(), "match[spec_version]=2.0").ids == old
    assert client.get(client.objects(), "match[spec_version]=2.1").ids == [each for each in ids if each not in old]
    assert client.get(client.objects(), "match[spec_version]=2.0,2.1").ids == ids
    assert client.get(client.objects(), "match[spec_version]=9.9").ids == []


def test_080_by_default_only_the_latest_spec_version_of_each_object_comes(client: Client) -> None:
    client.post(old_malware(1), malware(1), old_malware(2))
    records = client.get(client.manifest).value["objects"]
    assert len(records) == 2
    assert {each["id"] for each in records} == {malware(1)["id"], malware(2)["id"]}
    types = {each["id"]: each["media_type"] for each in records}
    assert types[malware(1)["id"]] == "application/stix+json;version=2.1"
    if client.world.keeps_stix_20:
        assert types[malware(2)["id"]] == "application/stix+json;version=2.0"
