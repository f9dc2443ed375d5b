"""TAXII 2.1 conformance, lines 28–34: discovery and the API root."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from tests.conformance.taxii.loopback import TAXII, Client
from tests.contract.stix_examples import indicator
from tests.contract.worlds import World

from detente.errors import LocalError
from detente.taxii.client import srv_record
from detente.web.taxii import make_app


def test_028_discovery_lies_at_taxii2_at_the_root_of_the_host_and_has_a_title(client: Client) -> None:
    found = client.get("/taxii2/").value
    assert found["title"] == "Example node"
    assert found["description"] == "What it is for"
    assert found["contact"] == "soc@node.example"


def test_029_default_is_one_of_the_api_roots(client: Client) -> None:
    found = client.get("/taxii2/").value
    assert found["default"] in found["api_roots"]


def _is_well_formed(root: str) -> bool:
    parts = urlsplit(root)
    if parts.query or parts.fragment or ".." in root:
        return False
    return parts.scheme == "https" or (root.startswith("/") and not root.startswith("//"))


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "a b",
        "evil.example/path",
        "evil.example?x",
        "user@evil.example",
        "evil.example, other.example",
        "-bad",
        "[::1",
        "x:99999999",
        "\xe9.example",
    ],
)
def test_030_api_roots_are_https_or_relative_whatever_host_says(serve: Callable[..., Client], host: str | None) -> None:
    (root,) = serve(base_url="https://node.example").get("/taxii2/").value["api_roots"]
    assert root == "https://node.example/taxii2/shared/"
    client = serve()
    if host is None:
        # Plain http is for loopback; there an absolute address says so.
        (root,) = client.get("/taxii2/").value["api_roots"]
        assert root == f"http://127.0.0.1:{client.port}/taxii2/shared/"
    else:
        (root,) = client.get("/taxii2/", host=host).value["api_roots"]
        assert _is_well_formed(root)


@pytest.mark.parametrize("base_url", ["node.example", "ftp://node.example", "https://node.example/x", "https://", ""])
def test_an_unusable_base_url_is_refused_when_the_node_starts(world: World, base_url: str) -> None:
    with pytest.raises(LocalError, match="base URL"):
        make_app(world.collections, title="x", base_url=base_url)


def test_031_there_is_an_api_root_and_each_has_its_own_address(client: Client) -> None:
    roots = client.get("/taxii2/").value["api_roots"]
    assert len(roots) == len(set(roots)) >= 1
    for root in roots:
        assert client.get(urlsplit(root).path).status == 200


def test_032_an_api_root_has_a_title_its_versions_and_a_largest_content(client: Client) -> None:
    found = client.get(client.path()).value
    assert found["title"] == "Example node"
    assert TAXII in found["versions"]
    assert found["max_content_length"] > 0


def test_033_an_unknown_api_root_is_answered_404(client: Client) -> None:
    assert client.get("/taxii2/other/").status == 404
    assert client.get("/taxii2/other/collections/").status == 404
    reply = client.post(indicator(1), path=f"/taxii2/other/collections/{client.world.exchange}/objects/")
    assert reply.status == 404


def test_034_the_dns_record_that_can_be_published_names_the_service_and_tcp() -> None:
    record = srv_record("example.org", target="node.example.org", port=443)
    assert record == "_taxii2._tcp.example.org. 86400 IN SRV 0 5 443 node.example.org."
