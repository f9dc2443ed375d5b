"""The main job on real input, between two processes over HTTP: share, verify, acknowledge, hunt, and nothing but counts back."""

from __future__ import annotations

import gzip
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import rfc8785

from detente.node.open import opened
from detente.store.database import entries, openings
from detente.store.index import sight
from detente.store.log import OWN
from detente.store.pages import Wanted, read_page
from detente.views import IMPORTED, RECEIVED
from tests.e2e.processes import Recorder, detente, free_port, serving
from tests.shared import shared

SEEN = {"109.74.151.149": 8, "109.163.234.2": 1}


@dataclass
class Pair:
    """Two nodes that met; each calls the other through a recorder."""

    a: Path
    b: Path
    port_a: int
    port_b: int
    to_a: Recorder
    to_b: Recorder


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    ports = free_port(), free_port()
    recorders = Recorder(ports[0]), Recorder(ports[1])
    a, b = tmp_path / "a", tmp_path / "b"
    for folder, name, recorder in ((a, "cert-a", recorders[0]), (b, "cert-b", recorders[1])):
        url = f"http://127.0.0.1:{recorder.port}"
        detente(folder, "init", "--origin", f"{name}.example", "--title", name.upper(), "--url", url)
    for one, other, name in ((a, b, "cert-b"), (b, a, "cert-a")):
        file = tmp_path / f"for-{name}.json"
        words = detente(one, "partner", "invite", f"{name}.example", "-o", str(file))["fingerprint"]
        inviter = "cert-a" if name == "cert-b" else "cert-b"
        detente(other, "partner", "add", str(file), "--name", inviter, "--fingerprint", words)
    with serving(a, ports[0]), serving(b, ports[1]):
        yield Pair(a, b, *ports, *recorders)
    for recorder in recorders:
        recorder.close()


def test_an_indicator_list_goes_over_and_nothing_but_counts_comes_back(pair: Pair, tmp_path: Path) -> None:
    log = shared("logs/apache_logs.gz")
    detente(pair.a, "collection", "add", "jar", "--reader", "cert-b")
    imported = detente(pair.a, "import", str(shared("indicators/JAR-16-20296A.csv")), "--collection", "jar")
    (document,) = imported["documents"]
    assert document["new"] == 911
    assert document["unread"] == []
    counts = document["counts"]
    assert (counts["ipv4"], counts["domain"], counts["url"]) == (876, 10, 1)
    assert (counts["md5"], counts["sha1"], counts["sha256"], counts["value from comment"]) == (5, 2, 17, 19)
    assert detente(pair.a, "share", "jar")["addressees"] == {"cert-b.example": 911}

    synced = detente(pair.b, "sync")["partners"]
    assert [(p["name"], p["kinds"], p["acknowledged"]) for p in synced] == [("cert-a", {"object": 911}, True)]

    hunted = detente(pair.b, "hunt", str(log), "--warning-lists", str(shared("misp/warninglists")), "--share")
    assert (hunted["lines"], hunted["hit_lines"]) == (10_000, 9)
    assert {h["values"][0]: h["count"] for h in hunted["hits"]} == SEEN
    assert [h["likely_false"] for h in hunted["hits"]] == [0, 1]  # the second is on the list of VPN addresses

    synced = detente(pair.a, "sync")["partners"]
    assert synced[0]["kinds"] == {"acknowledgement": 1, "object": 2}
    sightings = detente(pair.a, "sightings")["sightings"]
    assert sorted(s["count"] for s in sightings) == [1, 8]
    assert {s["said_by"] for s in sightings} == {"cert-b"}
    assert {s["pattern"] for s in sightings} == {f"[ipv4-addr:value = '{a}']" for a in SEEN}
    assert detente(pair.a, "partner", "show", "cert-b")["partner"]["acknowledged"] == 911

    # What B asked, what B answered, everything that B publishes, and A's folder.
    clients = {line.split(b" ", 1)[0] for line in gzip.decompress(log.read_bytes()).splitlines()}
    others = clients - {a.encode() for a in SEEN}
    assert (len(clients), len(others)) == (1753, 1751)
    for name, haystack in (
        ("B's requests", bytes(pair.to_a.sent)),
        ("B's answers", bytes(pair.to_b.received)),
        ("what B publishes", _published(pair)),
        ("A's folder", b"".join(p.read_bytes() for p in sorted(pair.a.rglob("*")) if p.is_file())),
    ):
        assert len(haystack) > 1000, name
        found = set(re.findall(rb"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])", haystack))
        assert not found & others, name


def _published(pair: Pair) -> bytes:
    """Every page, tile, entry and opening that B serves to A or to anybody, and B's log as text."""
    base = f"http://127.0.0.1:{pair.port_b}"
    with opened(pair.a) as node, node.store.reading() as connection:
        token = node.partner(connection, "cert-b").token
    with opened(pair.b) as node, node.store.reading() as connection:
        size = connection.execute(entries.select().where(entries.c.log == OWN)).rowcount
        said = [
            bytes(b)
            for (b,) in connection.execute(
                openings.select().with_only_columns(openings.c.body).where(openings.c.log == OWN)
            )
        ]
    size = len(detente(pair.b, "log", "show", "-n", "10000")["entries"]) if size < 0 else size
    parts = list(said)
    for path in (
        "/",
        "/index.json",
        "/log/checkpoint",
        f"/log/tile/entries/000.p/{size}",
        f"/log/openings?from=0&to={size}",
        "/taxii2/",
        "/taxii2/shared/collections/",
    ):
        request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            parts.append(reply.read())
    return b"\n".join(parts)


@pytest.mark.parametrize(
    ("files", "objects"),
    [
        (["attack/attack-v18.1-apt28-apt29.stix21.json"], 761),
        (
            [
                "misp/events-eset/dukes_misp-dukes-operation-ghost-event.json",
                "misp/events-eset/sednit_2017-05-09_Trump_Attack_on_Syria_IoCs.json",
                "misp/events-eset/sednit_2018-11-20_Zebrocy.json",
                "misp/events-eset/sednit_2019-05-23_Zebrocy.json",
                "misp/events-eset/telebots_misp-telebots.json",
            ],
            None,
        ),
    ],
    ids=["attack", "misp"],
)
def test_documents_arrive_at_the_other_side_without_loss(pair: Pair, files: list[str], objects: int | None) -> None:
    detente(pair.a, "collection", "add", "reports", "--reader", "*")
    documents = detente(pair.a, "import", *(str(shared(f)) for f in files), "--collection", "reports")["documents"]
    assert sum(len(d["unread"]) for d in documents) == 0
    told = detente(pair.a, "share", "reports")
    detente(pair.b, "sync")

    here, there = _bodies(pair.a, IMPORTED), _bodies(pair.b, RECEIVED)
    for body in here.values():
        assert rfc8785.dumps(json.loads(body)) == body
    assert set(there) == set(here) - {h["object"] for h in told["held_back"]}
    changed = [key for key in there if there[key] != here[key]]
    assert len(changed) <= sum(told["removed"].values())
    if objects is not None:
        original = json.loads(shared(files[0]).read_bytes())["objects"]
        assert len(original) == len(here) == objects
        assert {o["id"]: rfc8785.dumps(o) for o in original} == here
    else:
        texts = b"\n".join(here.values()).decode()
        for file in files:
            document = json.loads(shared(file).read_bytes())
            for event in [r["Event"] for r in document.get("response", [document])]:
                attributes = event["Attribute"] + [a for o in event.get("Object", []) for a in o["Attribute"]]
                for attribute in attributes:
                    assert attribute["uuid"] in texts


def _bodies(folder: Path, prefix: str) -> dict[str, bytes]:
    """By object id, from the collections of this kind."""
    with opened(folder) as node, node.store.indexed() as connection:
        from detente.store.database import objects

        names = [n for (n,) in connection.execute(objects.select().with_only_columns(objects.c.collection).distinct())]
        wanted = Wanted(tuple(n for n in names if n.startswith(prefix)))
        rows = read_page(connection, wanted, sight(connection, None), after_us=0, limit=100_000)
    return {row.object_id: row.body for row in rows}
