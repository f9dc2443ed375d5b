"""Two TAXII clients that others wrote complete discovery, push, status, and both ways of paging."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cytaxii2 import cytaxii2
from taxii2client.common import TokenAuth
from taxii2client.v21 import ApiRoot, Server, Status, as_pages
from tests.conformance.taxii.loopback import Client
from tests.contract.stix_examples import indicator

COUNT = 5_000
ROUND = 1_000


def _server(client: Client) -> Server:
    user, password = client.world.token("own")
    return Server(client.url, user=user, password=password)


def _push(root: ApiRoot, collection: str) -> list[str]:
    """COUNT objects in POSTs of ROUND; gives their ids in order."""
    (target,) = [each for each in root.collections if each.id == collection]
    ids = []
    for start in range(0, COUNT, ROUND):
        objects = [indicator(number) for number in range(start, start + ROUND)]
        status = target.add_objects({"objects": objects})
        assert isinstance(status, Status)
        assert (status.status, status.success_count, status.failure_count) == ("complete", ROUND, 0)
        refreshed = root.get_status(status.id)
        assert refreshed.success_count == ROUND
        ids += [str(each["id"]) for each in objects]
    return ids


def test_the_oasis_client_pushes_and_pages_through_five_thousand_objects(client: Client) -> None:
    with _server(client) as server:
        assert server.title == "Example node"
        assert server.default.url == server.api_roots[0].url
        root = server.default
        assert root.max_content_length > 0
        ids = _push(root, client.world.exchange)
        (collection,) = [each for each in root.collections if each.id == client.world.exchange]

        by_next = [
            each["id"] for page in as_pages(collection.get_objects, per_request=ROUND) for each in page["objects"]
        ]
        assert by_next == ids
        manifest = [
            each["id"] for page in as_pages(collection.get_manifest, per_request=ROUND) for each in page["objects"]
        ]
        assert manifest == ids

        by_date: list[str] = []
        added_after = None
        while True:
            records = collection.get_manifest(limit=ROUND, added_after=added_after).get("objects", [])
            if not records:
                break
            page = collection.get_objects(limit=ROUND, added_after=added_after)
            assert [each["id"] for each in page["objects"]] == [each["id"] for each in records]
            by_date += [each["id"] for each in page["objects"]]
            added_after = records[-1]["date_added"]
        assert by_date == ids

        assert [each["id"] for each in collection.get_object(ids[7])["objects"]] == [ids[7]]
        assert collection.object_versions(ids[7])["versions"] == [indicator(7)["modified"]]
        collection.delete_object(ids[7])
        with pytest.raises(requests.HTTPError, match="404"):
            collection.get_object(ids[7])
        root.close()


def test_the_oasis_client_comes_in_with_a_token_and_not_with_a_wrong_password(client: Client) -> None:
    with Server(client.url, auth=TokenAuth(client.world.token("reader")[1])) as server:
        (collection,) = server.default.collections
        assert (collection.can_read, collection.can_write) == (True, False)
        server.default.close()
    with Server(client.url, user="own", password="wrong") as server, pytest.raises(requests.HTTPError, match="401"):
        server.refresh()


def test_the_cyware_client_pushes_and_pages_through_five_thousand_objects(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, password = client.world.token("own")
    other = cytaxii2.cytaxii2(client.url, user, password, version=2.1)
    # It opens a connection for each request and never closes it by itself.
    with requests.Session() as session:
        monkeypatch.setattr(requests, "get", session.get)
        monkeypatch.setattr(requests, "post", session.post)

        def answer(call: Callable[..., dict[str, Any]], **options: object) -> Any:
            found = call(**options)
            assert found["status"] is True, found
            return found["response"]

        assert answer(other.discovery_request)["title"] == "Example node"
        assert answer(other.root_discovery)["max_content_length"] > 0
        listed = answer(other.collection_request)["collections"]
        assert client.world.exchange in [each["id"] for each in listed]
        place = client.world.exchange
        assert answer(other.collection_data_request, collection_id=place)["can_write"] is True

        ids = []
        for start in range(0, COUNT, ROUND):
            objects = [indicator(number) for number in range(start, start + ROUND)]
            envelope = json.dumps({"objects": objects})
            status = answer(other.inbox_request, collection_id=place, stix_bundle=envelope)
            assert (status["status"], status["success_count"]) == ("complete", ROUND)
            ids += [each["id"] for each in objects]

        found: list[str] = []
        cursor = None
        while True:
            page = answer(other.poll_request, collection_id=place, limit=ROUND, next=cursor, object_type="indicator")
            found += [each["id"] for each in page["objects"]]
            if not page["more"]:
                break
            cursor = page["next"]
            assert len(found) < COUNT
        assert found == ids

        # By added_after, with dates as this client sees them: those of the manifest's last record.
        found, added_after = [], None
        while True:
            page = answer(other.poll_request, collection_id=place, limit=ROUND, added_after=added_after)
            if not page:
                break
            found += [each["id"] for each in page["objects"]]
            added_after = client.get(client.manifest, {"match[id]": found[-1]}).value["objects"][0]["date_added"]
            assert len(found) <= COUNT
        assert found == ids
