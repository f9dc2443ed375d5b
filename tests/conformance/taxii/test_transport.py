"""TAXII 2.1 conformance, lines 1–17: transport, headers, negotiation."""

from __future__ import annotations

import http.client
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from tests.conformance.taxii.loopback import TAXII, Client, serving
from tests.contract.stix_examples import address, indicator, malware
from tests.contract.worlds import World

from detente.web.taxii import make_app
from detente.web.tls import server_context

# RFC 9113, appendix A forbids everything that is not ephemeral and authenticated. These fit the certificate's ECDSA key,
# so that nothing but the server's choice of suites refuses them.
BLACK_LISTED = ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA")
ALLOWED = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def https(world: World, authority: trustme.CA, tmp_path: Path) -> Iterator[Client]:
    certificate = authority.issue_cert("127.0.0.1", "node.example")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate.private_key_pem.write_to_path(str(key))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(chain), append=True)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serving(make_app(world.collections, title="Example node"), server_context(chain, key)) as port:
        client = Client(world, port, context=trusting)
        yield client
        client.close()


def test_001_https_with_tls_13_and_with_tls_12(https: Client) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert https.context is not None
        https.context.minimum_version = ssl.TLSVersion.TLSv1_2
        https.context.maximum_version = version
        https.context.minimum_version = version
        client = https.as_("own")
        assert client.get("/taxii2/").status == 200
        assert client.get("/taxii2/").value["default"] == f"https://127.0.0.1:{https.port}/taxii2/shared/"


def test_002_no_early_data_and_no_suite_that_http2_forbids(https: Client) -> None:
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{https.port}", "-tls1_3", "-ign_eof"],
        input=b"GET /taxii2/ HTTP/1.1\r\nhost: node.example\r\nconnection: close\r\n\r\n",
        capture_output=True,
        timeout=20,
        check=False,
    ).stdout.decode()
    tickets = re.findall(r"Max Early Data: ([0-9]+)", shown)
    assert tickets, shown
    assert set(tickets) == {"0"}
    for suite in BLACK_LISTED + ALLOWED:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{suite}:@SECLEVEL=0")
        connection = http.client.HTTPSConnection("127.0.0.1", https.port, context=context, timeout=20)
        if suite in ALLOWED:
            connection.connect()
        else:
            with pytest.raises(ssl.SSLError):
                connection.connect()
        connection.close()


def _places(client: Client) -> list[str]:
    """Every address that answers GET, of a world with one object."""
    status = client.post(indicator(1)).value["id"]
    object_id = str(indicator(1)["id"])
    return [
        "/taxii2/",
        client.path(),
        client.path("status", status),
        client.path("collections"),
        client.path("collections", client.world.exchange),
        client.manifest,
        client.objects(),
        client.objects(object_id),
        client.objects(object_id, "versions"),
    ]


def test_003_a_client_that_accepts_taxii_21_is_never_answered_406(client: Client) -> None:
    for place in _places(client):
        assert client.get(place, accept=TAXII).status == 200


def test_004_nor_one_that_accepts_taxii_without_a_version(client: Client) -> None:
    for place in _places(client):
        assert client.get(place, accept="application/taxii+json").status == 200


def test_005_without_a_version_the_highest_is_served(client: Client) -> None:
    assert client.get("/taxii2/", accept="application/taxii+json").headers["content-type"] == TAXII


@pytest.mark.parametrize(
    "spelling",
    [
        "application/taxii+json; version=2.1",
        "Application/TAXII+JSON ;VERSION=2.1",
        'application/taxii+json ; version="2.1"',
        "application/taxii+json\t;\tversion=2.1",
        "application/taxii+json;charset=utf-8;version=2.1",
    ],
)
def test_006_white_space_and_letter_case_in_media_types_change_nothing(client: Client, spelling: str) -> None:
    assert client.get(client.objects(), accept=spelling).status == 200
    assert client.post(indicator(1), content_type=spelling).status == 202


@pytest.mark.parametrize(
    "accept",
    [
        f"text/html, {TAXII}",
        f"text/html;q=0.9, {TAXII};q=0.1, */*;q=0",
        "application/vnd.oasis.taxii+json; version=2.0, application/taxii+json; version=2.1",
        'text/plain;note="a, b; c", application/taxii+json',
        "*/*",
        "application/*;q=0.001",
        "application/json",
    ],
)
def test_007_a_taxii_range_among_several_is_enough(client: Client, accept: str) -> None:
    assert client.get("/taxii2/", accept=accept).status == 200


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/taxii+json;version=9.9",
        "application/vnd.oasis.taxii+json; version=2.0",
        "application/taxii+json;version=2.1;q=0, */*",
        "*/*;q=0",
        "nonsense",
        ",;,=,",
        "\xff\xfe",
        '"' * 4_000,
    ],
)
def test_008_only_other_types_are_answered_406(client: Client, accept: str) -> None:
    for place in ("/taxii2/", client.objects()):
        assert client.get(place, accept=accept).status == 406


def test_009_without_an_accept_header_taxii_is_served(client: Client) -> None:
    assert client.get("/taxii2/", accept=None).status == 200
    assert client.get("/taxii2/", accept="").status == 200


def test_010_each_success_carries_the_media_type(client: Client) -> None:
    replies = [client.get(place) for place in _places(client)]
    replies += [client.post(malware(1)), client.request("DELETE", client.objects(str(malware(1)["id"])))]
    assert {reply.status for reply in replies} == {200, 202}
    assert {reply.headers["content-type"] for reply in replies} == {TAXII}


def test_011_each_error_carries_the_media_type(client: Client) -> None:
    replies = {
        400: client.get(client.objects(), "limit=none"),
        401: client.as_(None).get("/taxii2/"),
        403: client.as_("reader").request("DELETE", client.objects(str(indicator(1)["id"]))),
        404: client.get("/taxii2/no/such/route/"),
        405: client.request("PUT", "/taxii2/", "", b""),
        406: client.get("/taxii2/", accept="text/html"),
        413: client.request("POST", client.objects(), "", b" " * (11 << 20), content_type=TAXII),
        415: client.post(indicator(1), content_type="text/plain"),
        422: client.post(),
    }
    for status, reply in replies.items():
        assert (reply.status, reply.headers["content-type"]) == (status, TAXII)


@pytest.mark.parametrize("content_type", [TAXII, "application/taxii+json", "application/taxii+json; version=2.1"])
def test_012_a_post_of_taxii_is_not_answered_415(client: Client, content_type: str) -> None:
    assert client.post(indicator(1), content_type=content_type).status == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/taxii+json;version=9.9"},
        {"content_type": f"{TAXII}, text/html"},
        {"content_type": ""},
        {"content_type": None},
        {"content_type": TAXII, "content_encoding": "gzip"},
    ],
)
def test_013_a_post_of_something_else_is_answered_415_and_stores_nothing(
    client: Client, headers: dict[str, str | None]
) -> None:
    assert client.post(indicator(1), **headers).status == 415
    assert client.get(client.objects()).value == {}


def test_014_an_address_without_its_last_slash_leads_to_the_one_with_it(client: Client) -> None:
    for place in _places(client):
        reply = client.get(place.rstrip("/"), "limit=1&match[spec_version]=2.1")
        assert reply.status == 308
        assert reply.headers["location"] == f"{place}?limit=1&match[spec_version]=2.1"
        assert client.get(reply.headers["location"]).status == 200
    assert client.get("/taxii2/shared/no").status == 404
    assert client.get("/taxii2/shared//collections").status == 404


def test_015_what_is_stored_comes_back_with_every_property(client: Client) -> None:
    odd = indicator(
        1,
        x_text="ä€𝄞 \u202e \\u0000 \x7f",
        x_numbers=[0, -1, 2**53 - 1, -(2**53 - 1), 0.1, 1e-7, 1e21],
        x_deep={"a": [{"b": [None, True, False, {}]}], "": "empty name"},
    )
    client.post(odd, address(2))
    reply = client.get(client.objects())
    assert reply.value["objects"] == [odd, address(2)]
    reply.body.decode("utf-8")


def test_016_a_missing_user_agent_is_no_reason_to_refuse(client: Client) -> None:
    assert client.get("/taxii2/", user_agent=None).status == 200


def test_017_methods_that_an_endpoint_lacks_are_answered_405(client: Client) -> None:
    for place in _places(client):
        allowed = {"GET"}
        if place == client.objects():
            allowed.add("POST")
        if place == client.objects(str(indicator(1)["id"])):
            allowed.add("DELETE")
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "SEARCH"} - allowed:
            reply = client.request(method, place, "", b"" if method in ("POST", "PUT", "PATCH") else None)
            assert reply.status == 405
            assert set(reply.headers["allow"].split(", ")) == allowed
        assert client.request("HEAD", place).status == 200


def test_a_base_url_is_used_as_it_is_configured(serve: Callable[..., Client]) -> None:
    client = serve(base_url="https://node.example:8443/")
    assert client.get("/taxii2/", host="evil.example").value["api_roots"] == [
        "https://node.example:8443/taxii2/shared/"
    ]
