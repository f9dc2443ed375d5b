"""TAXII 2.1 conformance, lines 86–96: Add objects, and the status of it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from tests.conformance.taxii.loopback import TAXII, Client, Reply
from tests.contract.stix_examples import address, indicator, malware, statement_marking

DAY_US = 24 * 3600 * 1_000_000


def _raw(client: Client, body: bytes) -> Reply:
    return client.request("POST", client.objects(), "", body, content_type=TAXII)


def _counts(value: dict[str, Any]) -> tuple[int, ...]:
    return tuple(value[f"{name}_count"] for name in ("total", "success", "failure", "pending"))


def test_086_a_post_is_answered_202_with_a_status_whose_counts_add_up(client: Client) -> None:
    reply = client.post(indicator(1), malware(2), {"type": "nothing"}, address(3))
    assert reply.status == 202
    status = reply.value
    assert _counts(status) == (4, 3, 1, 0)
    assert status["status"] == "complete"
    assert len(status["successes"]) == 3
    assert len(status["failures"]) == 1


def test_087_details_carry_the_id_and_the_exact_modified(client: Client) -> None:
    spellings = ["2026-02-01T01:00:00Z", "2026-02-01T02:00:00.100Z", "2026-02-01T03:00:00.000000Z"]
    objects = [indicator(number, modified=spelling) for number, spelling in enumerate(spellings)]
    status = client.post(*objects, statement_marking(9)).value
    assert [(each["id"], each["version"]) for each in status["successes"]] == [
        *((each["id"], each["modified"]) for each in objects),
        (statement_marking(9)["id"], statement_marking(9)["created"]),
    ]


def test_088_an_exact_duplicate_is_no_failure_and_is_not_stored_twice(client: Client) -> None:
    client.post(indicator(1), malware(2))
    before = client.get(client.manifest, "match[version]=all").body
    client.world.advance(DAY_US)
    status = client.post(indicator(1), indicator(1), malware(2)).value
    assert _counts(status) == (3, 3, 0, 0)
    assert client.get(client.manifest, "match[version]=all").body == before


def test_089_larger_than_the_maximum_is_answered_413_and_what_is_not_larger_never(
    serve: Callable[..., Client],
) -> None:
    client = serve(max_content_length=2_000)
    assert client.get(client.path()).value["max_content_length"] == 2_000
    envelope = json.dumps({"objects": [indicator(1)]}).encode()
    assert _raw(client, envelope.ljust(2_000)).status == 202
    assert _raw(client, envelope.ljust(2_001)).status == 413
    assert _raw(client, envelope.ljust(3_000_000)).status == 413
    # Without a length that is known beforehand it is counted.
    assert _chunked(client, envelope.ljust(2_000)).startswith(b"HTTP/1.1 202 ")
    assert _chunked(client, envelope.ljust(2_001)).startswith(b"HTTP/1.1 413 ")
    # Who asks first is told before anything is sent.
    answer = _exchange(client, b"content-length: 999999999999\r\nexpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def _chunked(client: Client, body: bytes) -> bytes:
    chunks = (body[at : at + 700] for at in range(0, len(body), 700))
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return _exchange(client, b"transfer-encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n")


def _exchange(client: Client, rest: bytes) -> bytes:
    secret = client.world.token("own")[1]
    head = f"POST {client.objects()} HTTP/1.1\r\nhost: x\r\ncontent-type: {TAXII}\r\nauthorization: Bearer {secret}\r\n"
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        connection.sendall(head.encode() + rest)
        return connection.recv(10_000)


def test_a_body_that_does_not_arrive_in_time_is_answered_408(serve: Callable[..., Client]) -> None:
    client = serve(body_deadline_s=0.05)
    answer = _exchange(client, b'content-length: 500\r\n\r\n{"objects":[')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"objects":{}}',
        b'{"objects":null}',
        b'{"objects":[]}',
        b'{"objects":[NaN]}',
        b'{"objects":[1e999]}',
        b'{"objects":[9007199254740993]}',
        b'{"objects":[{"a":1,"a":2}]}',
        b'{"objects":[],"objects":[{}]}',
        b'{"objects":["\\ud800"]}',
        b'{"objects":["\xff"]}',
        b'\xef\xbb\xbf{"objects":[{}]}',
        b'{"objects":[{}]} trailing',
        '{"objects":[{}]}'.encode("utf-16"),
        b'{"objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"objects":' + b'{"a":' * 5_000,
    ],
)
def test_090_a_malformed_body_is_answered_400_or_422_and_stores_nothing(client: Client, body: bytes) -> None:
    assert _raw(client, body).status in (400, 422)
    assert client.get(client.objects()).value == {}


@pytest.mark.parametrize("bad", [None, 7, "text", [], {}, {"type": "indicator"}, {**malware(1), "id": "malware--1"}])
def test_091_an_object_that_cannot_be_processed_is_a_failure_in_the_status(client: Client, bad: object) -> None:
    reply = client.post(bad)
    assert reply.status == 202
    assert _counts(reply.value) == (1, 0, 1, 0)
    (failure,) = reply.value["failures"]
    assert failure["message"]
    assert client.get(client.objects()).value == {}


def test_092_of_good_and_bad_together_the_good_are_stored_and_the_bad_reported(client: Client) -> None:
    bad = {**malware(2), "modified": "yesterday"}
    status = client.post(indicator(1), bad, indicator(3)).value
    assert _counts(status) == (3, 2, 1, 0)
    assert [each["id"] for each in status["failures"]] == [bad["id"]]
    assert client.get(client.objects()).ids == [indicator(1)["id"], indicator(3)["id"]]


@pytest.mark.parametrize("role", ["reader", "stranger"])
def test_093_without_the_right_to_write_the_answer_is_404_and_nothing_is_stored(client: Client, role: str) -> None:
    assert client.as_(role).post(indicator(1), path=client.objects()).status == 404
    editor = client.as_("editor")
    assert editor.post(indicator(1), path=client.path("collections", client.world.private, "objects")).status == 404
    assert client.get(client.objects()).value == {}
    assert client.get(client.path("collections", client.world.private, "objects")).value == {}


def test_094_a_status_is_found_by_its_id_by_who_caused_it(client: Client) -> None:
    status = client.post(indicator(1), 7).value
    path = client.path("status", status["id"])
    assert client.get(path).value == status
    for role in ("editor", "reader", "stranger"):
        assert client.as_(role).get(path).status == 404
    for unknown in ("11111111-2222-4333-8444-555555555555", "none", "..", "%00"):
        assert client.get(client.path("status", unknown)).status == 404


def test_095_a_status_is_kept_for_at_least_24_hours(client: Client) -> None:
    status = client.post(indicator(1)).value
    client.world.advance(DAY_US - 1)
    client.post(indicator(2))
    assert client.get(client.path("status", status["id"])).value == status


def test_096_custom_properties_of_an_envelope_are_ignored(client: Client) -> None:
    envelope = {"objects": [indicator(1)], "x_source": {"name": "Example"}, "type": "bundle", "more": False}
    assert _raw(client, json.dumps(envelope).encode()).status == 202
    assert client.get(client.objects()).value == {"more": False, "objects": [indicator(1)]}
