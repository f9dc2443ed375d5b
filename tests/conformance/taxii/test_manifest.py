"""TAXII 2.1 conformance, lines 81–85: the manifest."""

from __future__ import annotations

from tests.conformance.taxii.loopback import TIMESTAMP, Client
from tests.contract.stix_examples import address, indicator, malware, statement_marking


def test_081_the_same_filters_choose_the_same_objects(client: Client) -> None:
    client.post(*(indicator(1, modified=f"2026-02-01T0{hour}:00:00Z") for hour in (1, 2, 3)), malware(2), address(3))
    queries = [
        "",
        "match[type]=indicator,ipv4-addr",
        f"match[id]={malware(2)['id']}",
        "match[version]=all",
        "match[version]=first",
        "match[version]=2026-02-01T02:00:00.000Z",
        "match[spec_version]=2.1",
        "match[spec_version]=2.0",
        "limit=2",
        "added_after=2026-01-01T00:00:00.000001Z",
        "added_after=2999-01-01T00:00:00Z",
        "match[type]=indicator&match[version]=all&limit=2",
    ]
    for query in queries:
        objects, manifest = client.get(client.objects(), query), client.get(client.manifest, query)
        assert objects.ids == manifest.ids
        assert objects.added == manifest.added
        assert objects.value.get("next") == manifest.value.get("next")
    assert len({client.get(client.manifest, query).body for query in queries}) > 7


def test_082_a_record_has_the_id_the_date_added_and_the_version_as_it_was_written(client: Client) -> None:
    spellings = ["2026-02-01T01:00:00Z", "2026-02-01T02:00:00.100Z", "2026-02-01T03:00:00.000000Z"]
    client.post(*(indicator(number, modified=spelling) for number, spelling in enumerate(spellings)))
    records = client.get(client.manifest).value["objects"]
    assert [each["version"] for each in records] == spellings
    assert [each["id"] for each in records] == [indicator(number)["id"] for number in range(3)]
    assert all(TIMESTAMP.fullmatch(each["date_added"]) for each in records)
    for record in records:
        one = client.get(client.objects(), {"match[id]": record["id"], "match[version]": record["version"]})
        assert one.added == (record["date_added"], record["date_added"])


def test_083_there_is_one_record_for_each_version(client: Client) -> None:
    client.post(*(indicator(1, modified=f"2026-02-01T0{hour}:00:00.000Z") for hour in (1, 2, 3)), statement_marking(2))
    assert len(client.get(client.manifest).ids) == 2
    records = client.get(client.manifest, "match[version]=all").value["objects"]
    assert len(records) == len({(each["id"], each["version"]) for each in records}) == 4


def test_084_a_manifest_can_be_walked_to_its_end(client: Client) -> None:
    client.post(*(indicator(number) for number in range(11)))
    found, query = [], {"limit": "4"}
    while True:
        page = client.get(client.manifest, query)
        found += page.ids
        if not page.value["more"]:
            break
        query["next"] = page.value["next"]
        assert len(found) < 11
    assert found == [indicator(number)["id"] for number in range(11)]


def test_085_without_the_right_to_read_the_answer_is_404(client: Client) -> None:
    client.post(indicator(1))
    assert client.as_("writer").get(client.manifest).status == 404
