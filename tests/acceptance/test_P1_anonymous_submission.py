"""P1: a company submits through its sharing community; the agency learns what was seen, and nothing of whom it was seen at."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contract.stix_examples import indicator
from tests.scene import require_sound, settle, tell
from tests.world import World, world

from detente.errors import InvalidObject, NotFound, NotPermitted
from detente.hunt.sightings import make_sighting
from detente.node.hunt import identity_id
from detente.node.open import Node
from detente.node.relay import forward, read_submissions, reply, submit
from detente.stix.canonical import JsonValue
from detente.stix.objects import StixObject, parse_object
from detente.store import index

NAMES = (b"harbourpower", b"harbour power", b"HARBOURPOWER")


def community(w: World) -> None:
    """A company and an agency that both know the community, and not each other."""
    for name in ("harbourpower", "isac", "agency"):
        w.node(name)
    w.introduce("harbourpower", "isac")
    w.introduce("isac", "agency")
    settle(w)


def what_the_company_has(node: Node) -> list[StixObject]:
    company: JsonValue = {
        "type": "identity",
        "spec_version": "2.1",
        "id": identity_id(node.origin),
        "created": "2026-11-22T00:00:00.000Z",
        "modified": "2026-11-22T00:00:00.000Z",
        "name": "Harbourpower",
        "identity_class": "organization",
    }
    seen = make_sighting(
        indicator="indicator--00000000-0000-4000-8000-000000000009",
        count=3,
        first_us=1_789_000_000_000_000,
        last_us=1_789_100_000_000_000,
        identity=identity_id(node.origin),
        markings=[],
        at_us=node.clock(),
        random=bytes(16),
    )
    return [
        parse_object(company),
        parse_object(
            indicator(
                7,
                created_by_ref=identity_id(node.origin),
                description="Seen by HARBOURPOWER staff (ops@harbourpower.example) on scada.harbourpower.example",
                labels=["harbourpower-2026"],
                external_references=[{"source_name": "Harbourpower ticket", "external_id": "HP-17"}],
                x_owner="harbourpower.example",
            )
        ),
        parse_object(seen),
    ]


def received(node: Node) -> list[StixObject]:
    with node.store.indexed() as connection:
        return [
            parse_object(body)
            for type_ in ("indicator", "sighting", "identity")
            for _, _, body in index.read_type(connection, type_)
        ]


def folder_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_p1_the_agency_holds_no_trace_of_the_submitter_and_its_reply_arrives(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        community(w)
        company, isac, agency = (w.nodes[name] for name in ("harbourpower", "isac", "agency"))
        said, at_home = submit(company, "isac", what_the_company_has(company), to="agency.example")
        assert at_home.removed["identity"] >= 1
        settle(w)
        (done,) = forward(isac)
        assert (done.said, done.held_back) == (2, ())
        settle(w)

        # The agency has the objects, said by the community, and a handle.
        objects = received(agency)
        assert sorted(o.type for o in objects) == ["indicator", "sighting"]
        assert all(not o.created_by for o in objects)
        (got,) = read_submissions(agency)
        assert (got.part, got.with_party, got.objects) == ("receiver", "isac.example", 2)
        (made,) = read_submissions(company)
        assert (made.handle, made.forwarded_us > 0) == (got.handle, True)

        reply(agency, got.short, "Which sector?")
        settle(w)
        assert [f.replies for f in forward(isac)] == [1]
        assert forward(isac) == []  # nothing twice
        settle(w)
        (answered,) = read_submissions(company)
        assert [text for _, text in answered.replies] == ["Which sector?"]
        for node in (company, isac, agency):
            require_sound(node)

        # No byte that the agency stored, logs and all, and no answer's question names the company.
        vkeys = [key.public for keys in company.public_keys.values() for key in keys]
        there = [o.id for o in what_the_company_has(company)[1:2]]
        w.close()
        data = folder_bytes(tmp_path / "agency")
        assert len(data) > 10_000
        for name in NAMES:
            assert name.lower() not in data.lower()
        assert b"HP-17" not in data
        assert identity_id("harbourpower.example").encode() not in data
        assert said.id.encode() not in data
        for secret in (*vkeys, *(object_id.encode() for object_id in there)):
            assert secret not in data


def test_p1_what_would_name_the_submitter_by_its_meaning_stays_with_the_relay(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        community(w)
        company, isac = w.nodes["harbourpower"], w.nodes["isac"]
        phishing = indicator(8, pattern="[domain-name:value = 'harbourpower-login.example']")
        with pytest.raises(InvalidObject, match="0 of 1 are left"):
            submit(company, "isac", [parse_object(phishing)], to="agency.example")
        assert read_submissions(isac) == []


def test_p1_a_submission_waits_when_its_receiver_is_no_partner_or_may_not_have_it(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        community(w)
        company, isac, agency = (w.nodes[name] for name in ("harbourpower", "isac", "agency"))
        submit(company, "isac", what_the_company_has(company), to="nobody.example")
        settle(w)
        before = len(read_submissions(agency))
        (waiting,) = forward(isac)
        assert (waiting.said, waiting.held_back[-1][1]) == (0, "nobody.example is no partner of ours")
        settle(w)
        assert len(read_submissions(agency)) == before == 0


def test_p1_only_the_receiver_replies(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        community(w)
        company, isac = w.nodes["harbourpower"], w.nodes["isac"]
        said, _ = submit(company, "isac", what_the_company_has(company), to="agency.example")
        handle = str(said.body["handle"])
        with pytest.raises(NotPermitted, match="receiver's"):
            reply(company, handle, "to myself")
        with pytest.raises(NotFound, match="handle"):
            reply(isac, "lusab", "to whom?")


def test_p1_companies_and_agencies_share_openly_too_under_markings(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        community(w)
        told = tell(w.nodes["isac"], range(3), "agency")
        assert told.said == 3
        settle(w)
        assert len(received(w.nodes["agency"])) == 3
