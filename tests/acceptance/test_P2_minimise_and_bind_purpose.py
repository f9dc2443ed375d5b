"""P2: minimise before sharing, bind the purpose, keep proof of both, publish counts. The list and the log are real ones."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.contract.stix_examples import indicator
from tests.scene import require_sound, settle, town
from tests.shared import shared
from tests.world import Endpoint, World, world

from detente.errors import NotPermitted
from detente.node.collections import add_collection
from detente.node.commit import propose_agreement, sign
from detente.node.hunt import hunt_logs, read_sightings, share_sightings
from detente.node.intersect import items_of_collection
from detente.node.open import Node
from detente.node.proofs import prove
from detente.node.share import import_document, share_collection
from detente.node.verify import verify
from detente.norms.bodies import Clause
from detente.party import Role
from detente.stix.canonical import encode, parse
from detente.stix.marking import Tlp
from detente.store import index
from detente.store.bodies import read_openings
from detente.store.log import JOURNAL, OWN, read_head
from detente.web.log import Answer, Request

SEEN = (b"109.74.151.149", b"109.163.234.2")
_ADDRESS = re.compile(rb"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])")


def journal_of(node: Node, kind: str) -> list[dict[str, Any]]:
    """The bodies of the journal's entries of a kind."""
    with node.store.reading() as connection:
        size = read_head(connection, JOURNAL).size
        found = [
            parse(o.body)
            for _, o in read_openings(connection, JOURNAL, 0, size)
            if f'"kind":"{kind}"'.encode() in o.header
        ]
    return [value for value in found if isinstance(value, dict)]


def last_said(node: Node, words: bytes) -> int:
    """The last entry of our own log whose text has these words."""
    with node.store.reading() as connection:
        size = read_head(connection, OWN).size
        return max(idx for idx, o in read_openings(connection, OWN, 0, size) if words in o.body)


def listen(w: World) -> bytearray:
    heard = bytearray()

    def hear(endpoint: Endpoint) -> Endpoint:
        def answer(request: Request) -> Answer:
            reply = endpoint(request)
            heard.extend(request.body + reply.body)
            return reply

        return answer

    for name, endpoint in list(w.endpoints.items()):
        w.endpoints[name] = hear(endpoint)
    return heard


def test_p2_two_sightings_leave_and_nothing_about_the_other_addresses(tmp_path: Path) -> None:
    jar, log = shared("indicators/JAR-16-20296A.csv"), shared("logs/apache_logs.gz")
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        add_collection(a, "jar", readers=["*"])
        import_document(a, jar.read_bytes(), name=jar.name, collection="jar", marking=Tlp.CLEAR)
        share_collection(a, "jar", to=["b"], purposes=["network-defence"])
        settle(w)
        crossed = listen(w)
        run = hunt_logs(b, [log])
        (told,) = share_sightings(b, run)
        assert (told.said, dict(told.removed), told.refused) == (2, {}, [])
        settle(w)

        # Count, first and last seen, and the indicator that A itself had shared.
        there = sorted((s.count, s.first_seen, s.last_seen) for s in read_sightings(a) if s.said_by == "b")
        assert there == [
            (1, "2015-05-20T20:05:14.000Z", "2015-05-20T20:05:14.000Z"),
            (8, "2015-05-18T05:05:09.000Z", "2015-05-18T05:05:49.000Z"),
        ]
        patterns = {s.pattern for s in read_sightings(a)}
        assert patterns == {f"[ipv4-addr:value = '{address.decode()}']" for address in SEEN}

        clients = {line.split(b" ", 1)[0] for line in gzip.decompress(log.read_bytes()).splitlines()}
        others = clients - set(SEEN)
        assert (len(clients), len(others)) == (1753, 1751)
        with b.store.reading() as connection:
            said = [o.body for _, o in read_openings(connection, OWN, 0, read_head(connection, OWN).size)]
        at_a = b"".join(path.read_bytes() for path in sorted((tmp_path / "a").rglob("*")) if path.is_file())
        for name, data in (("what crossed", bytes(crossed)), ("what B said", b"\n".join(said)), ("A's folder", at_a)):
            assert len(data) > 1000, name
            assert not set(_ADDRESS.findall(data)) & others, name

        # Each can prove what it said: A the last of what it bound, B its last sighting.
        for node, words in ((a, b'"type":"indicator"'), (b, b'"type":"sighting"')):
            entry = last_said(node, words)
            proof = prove(node, entry)
            proved = verify(proof.receipt, opening=proof.opening, log_keys=node.public_keys[Role.LOG], policy=None)
            assert proved.body is not None
            assert words in proved.body
        require_sound(a)
        require_sound(b)


def test_p2_the_removal_report_has_classes_and_counts_and_no_value(tmp_path: Path) -> None:
    text = "Ask anna.keller@harbour.example or see /home/akeller/case-17 and C:\\Users\\akeller\\x"
    bundle = {
        "type": "bundle",
        "id": "bundle--00000000-0000-4000-8000-000000000001",
        "objects": [indicator(1, description=text), indicator(2)],
    }
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a = w.nodes["a"]
        add_collection(a, "finds", readers=["*"])
        import_document(
            a, encode(json.loads(json.dumps(bundle))), name="feed.json", collection="finds", marking=Tlp.GREEN
        )
        dry = share_collection(a, "finds", dry_run=True)
        told = share_collection(a, "finds")
        assert dict(told.removed) == dict(dry.removed) == {"e-mail": 1, "user-path": 2}
        (report,) = journal_of(a, "share")
        assert report["removed"] == {"e-mail": 1, "user-path": 2}
        assert (report["addressees"], report["held_back"], report["refused"]) == ({"b.example": 2}, 0, 0)
        for value in ("anna", "keller", "case-17", "harbour"):
            assert value not in encode(report).decode()
        settle(w)
        w.close()
        at_b = b"".join(path.read_bytes() for path in sorted((tmp_path / "b").rglob("*")) if path.is_file())
        assert b"[removed: e-mail]" in at_b
        assert b"akeller" not in at_b


def test_p2_an_agreement_binds_what_a_partner_shares_under_it(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('198.51.100.1 - - [10/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n')
    with world(tmp_path) as w:
        town(w, "a", "b", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        add_collection(a, "finds")
        import_document(a, b"198.51.100.1\n", name="list", collection="finds", marking=Tlp.GREEN)
        share_collection(a, "finds", to=["b"])
        text = propose_agreement(
            a,
            parties=["b"],
            key="data",
            title="Data",
            clauses=(Clause(id="4", text="For defence alone.", purposes=("network-defence",)),),
        )
        sign(a, text.id)
        settle(w)
        assert hunt_logs(b, [log], purpose="research").result.hit_lines == 1  # B has not signed yet
        sign(b, text.id)
        assert hunt_logs(b, [log]).result.hit_lines == 1
        with pytest.raises(NotPermitted, match=r"hunting for research is denied.*1 for network-defence only"):
            hunt_logs(b, [log], purpose="research")
        assert [e["use"] for e in journal_of(b, "decision") if e["decided"] == "use denied"] == ["hunting"]


def test_p2_a_use_outside_the_purpose_is_denied_and_logged(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('198.51.100.1 - - [10/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 1\n')
    with world(tmp_path) as w:
        town(w, "a", "b", "c", said=0)
        a, b = w.nodes["a"], w.nodes["b"]
        add_collection(a, "finds")
        import_document(a, b"198.51.100.1\n198.51.100.2\n", name="list", collection="finds", marking=Tlp.GREEN)
        share_collection(a, "finds", to=["b"], purposes=["network-defence", "incident-response"])
        settle(w)

        # What it is for works, and its marking is still read: the word of the purpose restricts nobody's TLP.
        run = hunt_logs(b, [log])
        assert [(h.count, h.source.marking) for h in run.result.hits] == [(1, "TLP:GREEN")]
        assert hunt_logs(b, [log], purpose="incident-response").result.hit_lines == 1
        assert [e for e in journal_of(b, "decision") if e["decided"] == "use denied"] == []

        with pytest.raises(
            NotPermitted, match=r"hunting for research is denied.*2 for incident-response, network-defence only"
        ):
            hunt_logs(b, [log], purpose="research")

        # Nor may it go onward, or into an intersection for something else: it stays bound in whatever collection it is put.
        with b.store.indexed() as connection:
            held = [body for _, body in index.read_indicators(connection)]
        assert len(held) == 2
        add_collection(b, "onward", readers=["*"])
        bundle = b'{"id":"bundle--00000000-0000-4000-8000-000000000001","objects":[%s],"type":"bundle"}' % b",".join(
            held
        )
        import_document(b, bundle, name="from-a.json", collection="onward", marking=None)
        with pytest.raises(NotPermitted, match="sharing onward for sharing-onward is denied"):
            share_collection(b, "onward", to=["c"])
        with pytest.raises(NotPermitted, match="an intersection for law-enforcement is denied"):
            items_of_collection(b, "onward", "law-enforcement")
        assert len(items_of_collection(b, "onward", "network-defence")[0]) == 2

        denied = [e for e in journal_of(b, "decision") if e["decided"] == "use denied"]
        assert [(e["use"], e["purpose"], e["denied"]) for e in denied] == [
            ("hunting", "research", {"incident-response, network-defence": 2}),
            ("sharing onward", "sharing-onward", {"incident-response, network-defence": 2}),
            ("an intersection", "law-enforcement", {"incident-response, network-defence": 2}),
        ]
        require_sound(b)
