"""TAXII 2.1 conformance, lines 97–104: one object, its deletion and its versions."""

from __future__ import annotations

import pytest
from tests.conformance.taxii.loopback import Client
from tests.contract.stix_examples import RED, address, indicator, malware

ID = str(indicator(1)["id"])


def _modified(hour: int) -> str:
    return f"2026-02-01T{hour:02}:00:00.000Z"


@pytest.fixture
def three(client: Client) -> Client:
    """An object in three versions, and another one."""
    client.post(*(indicator(1, modified=_modified(hour)) for hour in (1, 2, 3)), malware(2))
    return client


def _found(client: Client, query: str = "") -> list[str]:
    return [each["modified"] for each in client.get(client.objects(ID), query).value.get("objects", [])]


def test_097_the_newest_comes_by_default_and_the_filters_work(three: Client) -> None:
    assert _found(three) == [_modified(3)]
    assert _found(three, "match[version]=first") == [_modified(1)]
    assert _found(three, f"match[version]={_modified(2)}") == [_modified(2)]
    assert _found(three, "match[version]=all") == [_modified(1), _modified(2), _modified(3)]
    assert _found(three, "match[version]=all&match[spec_version]=2.1") == [_modified(1), _modified(2), _modified(3)]
    assert _found(three, "match[spec_version]=2.0") == []
    page = three.get(three.objects(ID), "match[version]=all&limit=2")
    assert page.value["more"] is True
    assert _found(three, f"match[version]=all&next={page.value['next']}") == [_modified(3)]
    assert _found(three, f"match[version]=all&added_after={page.added[0]}") == [_modified(2), _modified(3)]
    assert _found(three, f"match[version]=all&added_after={page.added[0]}&limit=1") == [_modified(2)]
    for query in ("limit=0", "next=x", "added_after=x", "match[version]=x", "match[type]=indicator", "match[id]=x"):
        assert three.get(three.objects(ID), query).status == 400


def test_098_an_object_that_is_not_there_is_answered_404(three: Client) -> None:
    three.post(indicator(9, marking=RED))
    for unknown in (str(indicator(7)["id"]), "indicator--1", "..", "%00", "x" * 2_000):
        assert three.get(three.objects(unknown)).status == 404
    assert three.as_("reader").get(three.objects(str(indicator(9)["id"]))).status == 404
    assert three.as_("writer").get(three.objects(ID)).status == 404
    elsewhere = three.path("collections", three.world.private, "objects", ID)
    assert three.get(elsewhere).status == 404


def test_099_what_is_deleted_is_gone_everywhere(three: Client) -> None:
    before = three.get(three.objects()).ids
    reply = three.request("DELETE", three.objects(ID))
    assert reply.status == 200
    assert three.get(three.objects(ID)).status == 404
    assert three.get(three.objects(ID, "versions")).status == 404
    for path in (three.objects(), three.manifest):
        assert three.get(path, "match[version]=all").ids == [each for each in before if each != ID]


def test_100_deleting_one_version_leaves_the_others_and_the_one_before_is_last_again(three: Client) -> None:
    assert three.request("DELETE", three.objects(ID), f"match[version]={_modified(3)}").status == 200
    assert _found(three) == [_modified(2)]
    assert three.request("DELETE", three.objects(ID), "match[version]=first&match[spec_version]=2.1").status == 200
    assert _found(three, "match[version]=all") == [_modified(2)]
    assert three.request("DELETE", three.objects(ID), "match[version]=last&match[spec_version]=2.0").status == 404
    assert three.request("DELETE", three.objects(ID), "match[version]=x").status == 400
    assert _found(three, "match[version]=all") == [_modified(2)]


@pytest.mark.parametrize(
    ("role", "status"), [("stranger", 404), ("reader", 403), ("writer", 403), ("editor", 200), ("own", 200)]
)
def test_101_deleting_needs_the_right_to_read_and_to_write(three: Client, role: str, status: int) -> None:
    assert three.as_(role).request("DELETE", three.objects(ID)).status == status
    assert three.get(three.objects(ID)).status == (404 if status == 200 else 200)


def test_102_deleting_what_is_not_there_is_answered_404(three: Client) -> None:
    assert three.request("DELETE", three.objects(str(indicator(7)["id"]))).status == 404
    assert three.request("DELETE", three.objects(ID), f"match[version]={_modified(9)}").status == 404
    assert three.request("DELETE", three.path("collections", "none", "objects", ID)).status == 404


def test_103_all_versions_are_listed_page_by_page(three: Client) -> None:
    path = three.objects(ID, "versions")
    whole = three.get(path)
    assert whole.value == {"more": False, "versions": [_modified(1), _modified(2), _modified(3)]}
    first = three.get(path, "limit=2")
    assert first.value["versions"] == [_modified(1), _modified(2)]
    assert first.value["more"] is True
    rest = {"more": False, "versions": [_modified(3)]}
    assert three.get(path, {"added_after": first.added[1]}).value == rest
    assert three.get(path, {"next": first.value["next"]}).value == rest
    assert three.get(path, "match[spec_version]=2.1").value == whole.value
    assert three.get(path, "match[version]=all").status == 400
    assert three.get(three.objects(str(indicator(7)["id"]), "versions")).status == 404
    three.post(address(5))
    assert len(three.get(three.objects(str(address(5)["id"]), "versions")).value["versions"]) == 1


def test_104_without_versions_to_list_the_property_is_left_out(three: Client) -> None:
    reply = three.get(three.objects(ID, "versions"), "added_after=2999-01-01T00:00:00Z")
    assert (reply.status, reply.value) == (200, {})
