"""TAXII 2.1 conformance, lines 35–39: authentication."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from tests.conformance.taxii.loopback import Client, serving
from tests.contract.stix_examples import indicator
from tests.contract.worlds import World, basic

from detente.web.taxii import make_app
from detente.web.tls import server_context

MALFORMED = [
    "",
    " ",
    "Basic",
    "Bearer",
    "Basic ",
    "Bearer  ",
    "Basic =",
    "Basic Og",
    "Basic Og==",
    "Basic \xff\xfe",
    "Basic /w==",
    "Basic " + "A" * 5_000,
    "Bearer " + "A" * 100_000,
    "Bearer a b c",
    "Digest username=own",
    "Negotiate AAAA",
    ":",
    "own:secret",
    "Bearer own",
]


def _everything(client: Client) -> list[tuple[str, str]]:
    object_id = str(indicator(1)["id"])
    return [
        ("GET", "/taxii2/"),
        ("GET", client.path()),
        ("GET", client.path("status", client.world.exchange)),
        ("GET", client.path("collections")),
        ("GET", client.path("collections", client.world.exchange)),
        ("GET", client.manifest),
        ("GET", client.objects()),
        ("POST", client.objects()),
        ("GET", client.objects(object_id)),
        ("DELETE", client.objects(object_id)),
        ("GET", client.objects(object_id, "versions")),
    ]


def test_035_missing_or_wrong_credentials_are_answered_401_with_two_challenges(client: Client) -> None:
    wrong = [
        None,
        "Bearer wrong",
        f"Basic {basic('own', 'wrong')}",
        f"Basic {basic('nobody', client.world.token('own')[1])}",
    ]
    for credentials in wrong:
        reply = client.get("/taxii2/", authorization=credentials)
        assert reply.status == 401
        challenge = reply.headers["www-authenticate"]
        assert "Basic realm=" in challenge
        assert "Bearer realm=" in challenge


@pytest.mark.parametrize("credentials", [None, "Bearer wrong"])
def test_036_every_endpoint_and_method_asks_for_credentials_first(client: Client, credentials: str | None) -> None:
    client.post(indicator(1))
    for method, path in _everything(client):
        body = b'{"objects":[]}' if method == "POST" else None
        assert client.request(method, path, "", body, authorization=credentials).status == 401
    # Not even which paths, methods and media types there are can be learned.
    assert client.get("/taxii2/no/such/path", authorization=credentials).status == 401
    assert client.request("PUT", "/taxii2/", "", b"", authorization=credentials).status == 401
    assert client.get("/taxii2/", accept="text/html", authorization=credentials).status == 401


def test_037_basic_bearer_and_the_word_token_are_all_understood(client: Client) -> None:
    name, secret = client.world.token("own")
    for credentials in (
        client.basic("own"),
        client.basic("own").replace("Basic", "bAsIc "),
        f"Bearer {secret}",
        f"bearer {secret}",
        f"Token {secret}",
    ):
        assert client.get("/taxii2/", authorization=credentials).status == 200
    assert client.get("/taxii2/", authorization=f"Basic {basic(name, secret + ' ')}").status == 401


@pytest.mark.parametrize("credentials", MALFORMED)
def test_038_malformed_authorization_headers_are_answered_401(client: Client, credentials: str) -> None:
    assert client.get(client.objects(), authorization=credentials).status == 401


def _chain(certificate: trustme.LeafCert, folder: Path) -> tuple[Path, Path]:
    chain, key = folder / "chain.pem", folder / "key.pem"
    certificate.private_key_pem.write_to_path(str(key))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(chain), append=True)
    return chain, key


def test_039_client_certificates_are_checked_by_the_rules_of_pkix(world: World, tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = server_context(
        *_chain(authority.issue_cert("127.0.0.1"), tmp_path), client_authorities=tmp_path / "authority.pem"
    )

    def reaches(port: int, certificate: trustme.LeafCert | None) -> bool:
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        if certificate is not None:
            certificate.configure_cert(trusting)
        client = Client(world, port, context=trusting)
        try:
            return client.get("/taxii2/").status == 200
        except (ssl.SSLError, OSError):
            return False
        finally:
            client.close()

    past = datetime(2020, 1, 1, tzinfo=UTC)
    with serving(make_app(world.collections, title="Example node"), context) as port:
        assert reaches(port, authority.issue_cert("client.example"))
        assert not reaches(port, None)
        assert not reaches(port, stranger.issue_cert("client.example"))
        assert not reaches(
            port, authority.issue_cert("client.example", not_before=past, not_after=past.replace(year=2021))
        )
