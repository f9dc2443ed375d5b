"""The story: two parties that do not trust each other, a witness, and what each can prove afterwards.

Every step says who does what, and checks that it happened before it says so. The parties are invented and their parts
could be exchanged; the words are the same for both. Real people stand in the public record alone (`dossier.py`), as speakers of
words that they are quoted with.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from detente.demo.asking import ask_and_answer
from detente.demo.dossier import Dossier
from detente.demo.nodes import Served, find_bytes, make_node
from detente.demo.pieces import (
    PERSON,
    all_days,
    day_of,
    defanged,
    is_refused_with_another_name,
    make_note,
    opening_of,
    shipped,
    short_root,
    size_of,
    value_of,
)
from detente.demo.stage import Stage, Surprise, expect
from detente.demo.weblog import DAYS, LINES, PLANTED, PLANTED_HITS, make_log
from detente.errors import CorruptLog, SplitView
from detente.hunt.bars import bars
from detente.net import HttpFetch
from detente.node.collections import add_collection, add_token
from detente.node.erase import erase_entry
from detente.node.fsck import fsck
from detente.node.hunt import hunt_logs, read_sightings, share_sightings
from detente.node.open import Node
from detente.node.partners import add_partner, invite
from detente.node.proofs import Proof, prove
from detente.node.share import Told, import_document, say, share_collection
from detente.node.status import PartnerState, read_evidence, read_status
from detente.node.sync import SyncReport, sync
from detente.node.verify import verify
from detente.stix.marking import Tlp
from detente.tlog.policy import parse_policy
from detente.tlog.trusted import verify_evidence

ALDMERE, BOROVIA, HARBOUR = "aldmere", "borovia", "harbour"
ORIGINS = {ALDMERE: "cert.aldmere.example", BOROVIA: "cert.borovia.example", HARBOUR: "harbour.example"}
SHORT = {ALDMERE: "Aldmere", BOROVIA: "Borovia", HARBOUR: "Harbour"}
TITLES = {ALDMERE: "CERT Aldmere", BOROVIA: "CERT Borovia", HARBOUR: "Harbour Institute"}

_AMBER_ONLY = b"backup-sync.test"  # in a row that is TLP:AMBER: not for the witness
_RED = "for-borovia-alone.csv"
_GROUND = "A person named in it asked for erasure, and the request was granted."


class Story:
    """Three nodes and what happens between them, step by step."""

    def __init__(self, place: Path, stage: Stage, fetch: HttpFetch, port_base: int) -> None:
        self.place = place
        self.stage = stage
        self.fetch = fetch
        self.served: dict[str, Served] = {}
        self.receipt: Proof | None = None
        self.red_entry = 0
        for position, name in enumerate(ORIGINS):
            # Aldmere's rules, as an operator writes them; the others leave theirs as `detente init` does.
            minimise = {
                "own_networks": ["203.0.113.0/25"],
                "own_domains": ["aldmere.example"],
                "words": ["Northlight Power"],
            }
            self.served[name] = make_node(
                place / name,
                title=TITLES[name],
                origin=ORIGINS[name],
                port=port_base + position if port_base else 0,
                minimise=minimise if name == ALDMERE else {},
            )
            self.served[name].start()

    def close(self) -> None:
        for served in self.served.values():
            served.stop()

    def node(self, name: str) -> Node:
        return self.served[name].node

    def tell(self, *, kept: bool, stays: bool) -> None:
        """All steps. `kept`: the folders stay in the end; `stays`: the nodes do, until somebody ends them."""
        self.stage.title(
            "Détente: three nodes on this machine, talking over HTTP",
            "CERT Aldmere and CERT Borovia do not trust each other; Harbour Institute is a witness to both. "
            "Parties, people and data are invented, but for step 9, which quotes a public record. Nothing leaves this machine.",
        )
        self.meet()
        self.share()
        self.receive()
        self.hunt()
        self.read_back()
        self.prove_it()
        self.erase()
        self.ask()
        self.dossier()
        self.two_histories()
        self.summary(kept=kept, stays=stays)

    # 1

    def meet(self) -> None:
        stage = self.stage
        stage.step("Two parties meet")
        sizes = []
        for host in ORIGINS:
            for guest in ORIGINS:
                if host != guest:
                    invitation = invite(self.node(host), ORIGINS[guest])
                    sizes.append(len(invitation))
                    # Two people have compared the words by telephone; a wrong word would end it here.
                    add_partner(
                        self.node(guest),
                        invitation,
                        name=host,
                        receives=Tlp.GREEN if host == HARBOUR else Tlp.RED,
                        fingerprint=self.node(host).fingerprint,
                    )
        stage.say(
            "Aldmere",
            f"hands Borovia an invitation: a file of {max(sizes) / 1000:.0f} kB with keys, an address, and proof that it "
            "holds the keys. Borovia does the same.",
        )
        for name in (ALDMERE, BOROVIA):
            stage.say(SHORT[name], f"reads out over the telephone  {self.node(name).fingerprint}")
        stage.say("Harbour", "meets both in the same way.")
        for name in ORIGINS:
            with self.node(name).store.reading() as connection:
                known = {party.origin: party.fingerprint for party in self.node(name).partners(connection)}
            others = {ORIGINS[other]: self.node(other).fingerprint for other in ORIGINS if other != name}
            expect(known == others, f"{TITLES[name]} has pinned other keys than were read out")
        stage.proves("nothing yet. But no key of the three can change unnoticed any more.")

    # 2

    def share(self) -> None:
        stage, aldmere = self.stage, self.node(ALDMERE)
        stage.step("Aldmere shares what it found, under its own rules")
        add_collection(aldmere, "lantern", title="Lantern campaign", ceiling=Tlp.AMBER, readers=[BOROVIA, HARBOUR])
        intake, new = import_document(aldmere, shipped("lantern.csv"), name="lantern.csv", collection="lantern")
        expect((new, len(intake.unread)) == (38, 1), f"{new} rows were read and {len(intake.unread)} were not")
        unread = intake.unread[0]
        stage.say("Aldmere", f"imports lantern.csv: {new} indicators. Line {unread.line} is not read: {unread.reason}.")
        told = share_collection(aldmere, "lantern")
        expect(told.said == 36, f"{told.said} indicators were said")
        to = {name: told.addressees[ORIGINS[name]] for name in (BOROVIA, HARBOUR)}
        expect(to[BOROVIA] == 36 > to[HARBOUR] > 0, f"the numbers told were {to}")
        stage.say(
            "", f"shares {told.said}: {to[BOROVIA]} to Borovia, {to[HARBOUR]} to Harbour (agreed: up to TLP:GREEN)."
        )
        self._left_out(told)
        add_collection(aldmere, "one-to-one", title="Borovia alone", ceiling=Tlp.RED)
        import_document(aldmere, shipped(_RED), name=_RED, collection="one-to-one")
        red = share_collection(aldmere, "one-to-one", to=[BOROVIA])
        expect(red.said == 1 and set(red.addressees) == {ORIGINS[BOROVIA]}, "TLP:RED was not told to Borovia alone")
        assert red.entries is not None
        self.red_entry = red.entries[0]
        stage.say("", "says one TLP:RED indicator to Borovia, by name.")
        stage.proves(
            f"that Aldmere has said something {told.said + 1} times; its log has {size_of(aldmere)} entries. What, only the "
            "addressees can read: to everybody else an entry is 65 bytes that tell nothing."
        )

    def _left_out(self, told: Told) -> None:
        removed = ", ".join(f"{class_} {count}" for class_, count in sorted(told.removed.items()))
        expect(set(told.removed) == {"e-mail", "own-address", "own-host", "word"}, f"removed was: {removed}")
        expect([classes for _, classes in told.held_back] == ["own-address"], f"held back: {told.held_back}")
        reasons = [reason for _, reason in told.refused]
        expect(len(reasons) == 1 and reasons[0].startswith("TLP:AMBER+STRICT is above the ceiling"), f"{reasons}")
        self.stage.say("", f"Removed before it left, by class and count: {removed}.")
        self.stage.say("", "Held back whole: 1 that looks for an address of Aldmere's own network.")
        self.stage.say("", f"Not said: 1; {reasons[0]}.")

    # 3

    def receive(self) -> None:
        stage = self.stage
        stage.step("Borovia pulls, verifies, acknowledges; Harbour cosigns both logs")
        # Aldmere asks for cosignatures first, so that what Borovia pulls bears them.
        self._sync(ALDMERE)
        report = self._sync(BOROVIA)
        pulled = next(entry.pulled for entry in report.partners if entry.party == ALDMERE)
        assert pulled is not None
        expect(pulled.received == 37 and pulled.acknowledged is not None, f"Borovia received {pulled.received}")
        stage.say("Borovia", f"fetches {pulled.size} entries of Aldmere's log. ✓ Their root is the one that is signed.")
        stage.say("", f"opens the {pulled.received} addressed to it. ✓ Each fits the commitment in the log.")
        stage.say("", f"acknowledges them in its own log, as entry {pulled.acknowledged}.")
        for name in (HARBOUR, ALDMERE, BOROVIA):
            self._sync(name)
        sizes = {}
        for name in (ALDMERE, BOROVIA):
            log = read_status(self.node(name)).log
            cosigned = log.witnessed_size == log.size and ORIGINS[HARBOUR] in {c.origin for c in log.cosigners}
            expect(cosigned, f"Harbour has not cosigned the log of {TITLES[name]} at its size")
            sizes[name] = log.size
        stage.say("Harbour", f"cosigns Aldmere's log at {sizes[ALDMERE]} entries and Borovia's at {sizes[BOROVIA]}.")
        held = find_bytes(self.served[HARBOUR].folder, _AMBER_ONLY)
        expect(not held, f"Harbour holds what is TLP:AMBER, in {held}")
        stage.say("", "✓ It holds nothing that is marked above TLP:GREEN: its folder was searched byte by byte.")
        state = self._partner(ALDMERE, BOROVIA)
        told = (state.delivered, state.addressed)
        expect(told == (37, 37), f"{told[0]} of {told[1]} are acknowledged")
        stage.proves(
            "what Aldmere said, to whom, and since when; and that Borovia received it. Neither needs the other's help to "
            "show it, and a third party has signed both logs."
        )

    # 4

    def hunt(self) -> None:
        stage, borovia = self.stage, self.node(BOROVIA)
        stage.step("Borovia looks for it in its own logs")
        log = self.place / "ministry-web.log"
        last_day = datetime.now(UTC) - timedelta(days=1)
        log.write_bytes(make_log(last_day))
        run = hunt_logs(borovia, [log])
        result = run.result
        expect(result.lines == LINES and result.count == PLANTED_HITS, f"{result.count} hits in {result.lines} lines")
        expect(len(result.hits) == len(PLANTED), f"{len(result.hits)} indicators were hit")
        stage.say("Borovia", f"hunts {run.indicators} indicators in {result.lines:,} lines, {DAYS} days of a web log:")
        hits = f"{result.count} hits of {len(result.hits)} indicators"
        stage.say("", f"hits per day  {bars(all_days(result.hits_per_day, last_day))}  {hits}")
        stage.rows(
            ("indicator", "told by", "marking", "hits", "first", "last"),
            [
                (
                    defanged(hit.source.values[0].value),
                    SHORT[hit.source.shared_by],
                    hit.source.marking,
                    str(hit.count),
                    day_of(hit.first_us),
                    day_of(hit.last_us),
                )
                for hit in result.hits
            ],
            right=(3,),
        )
        told = share_sightings(borovia, run)
        expect(len(told) == 1 and told[0].said == len(PLANTED), "not one sighting for each indicator that was hit")
        expect(set(told[0].addressees) == {ORIGINS[ALDMERE]}, f"sightings went to {set(told[0].addressees)}")
        assert told[0].entries is not None
        said = b"".join(
            opening_of(borovia, entry) for entry in range(told[0].entries[0], told[0].entries[1] + 1)
        ).lower()
        shown = [value for value, _, _ in PLANTED if value.lower().encode() in said]
        expect(not shown and b"192.0.2." not in said, f"sightings name {shown or 'an address of the log'}")
        stage.say(
            "", f"sends back {told[0].said} sightings: counts and times. ✓ No log line is in them, no address, no name."
        )
        stage.proves("that Borovia says it was hit, how often and when. The log never left.")

    # 5

    def read_back(self) -> None:
        stage = self.stage
        stage.step("Aldmere reads where its indicators were seen")
        self._sync(ALDMERE)
        sightings = sorted(read_sightings(self.node(ALDMERE)), key=lambda sighting: -sighting.count)
        expect({sighting.said_by for sighting in sightings} == {BOROVIA}, "somebody else's sightings arrived")
        expect(sum(sighting.count for sighting in sightings) == PLANTED_HITS, "other counts arrived than were sent")
        stage.say("Aldmere", f"has {len(sightings)} sightings that Borovia stated; the first three:")
        stage.rows(
            ("said by", "indicator", "count", "first seen", "last seen"),
            [
                (
                    SHORT[s.said_by],
                    defanged(value_of(s.pattern)),
                    str(s.count),
                    day_of(s.first_seen),
                    day_of(s.last_seen),
                )
                for s in sightings[:3]
            ],
            right=(2,),
        )
        stage.say("", "They are what Borovia says, and no page or file shows them as anything else.")

    # 6

    def prove_it(self) -> None:
        stage, borovia = self.stage, self.node(BOROVIA)
        stage.step("A paper for a stranger")
        proof = prove(borovia, self.red_entry, partner=ALDMERE)
        assert proof.opening is not None
        name = f"{ALDMERE}-{self.red_entry}"
        receipt, opening, policy = (self.place / f"{name}.{end}" for end in ("tlog-proof", "opening.json", "policy"))
        receipt.write_bytes(proof.receipt)
        opening.write_bytes(proof.opening)
        policy.write_text(proof.policy, encoding="utf-8")
        self.receipt = proof
        stage.say(
            "Borovia",
            f"writes a receipt of Aldmere's entry {self.red_entry} to a file of {len(proof.receipt) / 1000:.0f} kB, "
            "and what it says to another.",
        )
        found = verify(
            receipt.read_bytes(), opening=opening.read_bytes(), log_keys=(), policy=parse_policy(policy.read_bytes())
        )
        expect(f"{ORIGINS[HARBOUR]}/witness" in found.cosigners, f"cosigned only by {found.cosigners}")
        expect(found.body is not None and PERSON in found.body, "the text is not the one that Aldmere said")
        assert found.header is not None
        expect(found.header.aud == (ORIGINS[BOROVIA],), f"it was said to {found.header.aud}")
        expect(is_refused_with_another_name(proof), "a text with one name changed was accepted")
        checkpoint = found.checkpoint.checkpoint
        cosigners = ", ".join(sorted({cosigner.rpartition("/")[0] for cosigner in found.cosigners}))
        stage.say("Anybody", "checks them, with no node and no network:")
        stage.say("", f"✓ signed by the log {checkpoint.origin}")
        stage.say("", f"✓ entry {found.index} of {checkpoint.size}")
        stage.say("", f"✓ cosigned by {cosigners}")
        stage.say("", f"✓ said to {', '.join(found.header.aud)}; the text is the one committed to")
        stage.say("", "✕ the same text with one name changed is refused")
        stage.line()
        stage.line(f"detente verify {receipt.name} --opening {opening.name} --policy {policy.name}", "dim")
        stage.line("or without Détente, with the one-file checker: docs/check.py", "dim")
        stage.line()
        stage.proves(
            "that Aldmere said this, to Borovia, no later than Harbour's signature. Not that it is true: no file can."
        )

    # 7

    def erase(self) -> None:
        stage, aldmere = self.stage, self.node(ALDMERE)
        stage.step("What nobody should hold any more is destroyed")
        folder = self.served[ALDMERE].folder
        before = find_bytes(folder, PERSON)
        erased = erase_entry(aldmere, self.red_entry, ground=_GROUND)
        left = find_bytes(folder, PERSON)
        expect(bool(before) and not left and erased.notice is not None, f"the name stood in {before}, now in {left}")
        stage.say(
            "Aldmere",
            f"erases the text of entry {self.red_entry} and its own copy: a person named in it asked for that.",
        )
        stage.say(
            "", f"✓ grep for “{PERSON.decode()}” in its folder finds nothing; before, it found {', '.join(before)}."
        )
        checked = fsck(aldmere)
        expect(not checked.findings, f"fsck found {checked.findings}")
        assert self.receipt is not None
        verify(self.receipt.receipt, opening=None, log_keys=(), policy=parse_policy(self.receipt.policy))
        stage.say("", f"✓ Its {checked.entries} entries and every signature verify, and so does the receipt above.")
        self._sync(BOROVIA)
        expect(bool(find_bytes(self.served[BOROVIA].folder, PERSON)), "Borovia no longer holds what it was sent")
        stage.say(
            "Borovia",
            f"finds the notice of it in Aldmere's log, entry {erased.notice}. It still holds the copy that it was sent: "
            "nobody can be made to forget, and nothing here says otherwise.",
        )

    # 8

    def ask(self) -> None:
        names = (ALDMERE, BOROVIA)
        asker, asked = (self.node(name) for name in names)
        ask_and_answer(self.stage, asker, asked, (SHORT[names[0]], SHORT[names[1]]), self._pull)

    # 9

    def dossier(self) -> None:
        nodes = {name: self.node(name) for name in (HARBOUR, ALDMERE, BOROVIA)}
        Dossier(self.stage, nodes, [ALDMERE, BOROVIA], self._pull, self.place).tell()

    # 10

    def two_histories(self) -> None:
        stage = self.stage
        stage.step("One log, two histories")
        for name in (HARBOUR, ALDMERE, BOROVIA, HARBOUR):
            self._sync(name)
        served = self.served[ALDMERE]
        new, old = served.folder, self.place / "aldmere-copy"
        served.stop()
        shutil.copytree(new, old)
        served.restart(old)
        stage.say("Aldmere", "starts an older copy of its node beside the first one; so it happens after a restore.")
        say(served.node, "", [make_note("said by the copy", served.node)], to=[HARBOUR])
        self._sync(ALDMERE, only=[HARBOUR])
        self._sync(HARBOUR, only=[ALDMERE])
        stage.say("Harbour", f"pulls from the copy: {size_of(served.node)} entries, each of them in order. It cosigns.")
        served.restart(new)
        say(served.node, "", [make_note("said by the first one", served.node)], to=[BOROVIA])
        stage.say(
            "Borovia",
            f"pulls from the first one: {size_of(served.node)} entries too. Then it asks Harbour what it saw.",
        )
        self._find_fork()
        try:
            sync(served.node, self.fetch)
        except CorruptLog as error:
            words = "Two copies of this node have been writing. Nothing was signed."
            expect(words in str(error), str(error))
            stage.say("Aldmere", f"is told by its own node, at the next sync: “{words}”")
        else:
            raise Surprise("Aldmere's node did not notice")
        stage.proves("that there are two histories. Not why: that takes a telephone.")

    def _find_fork(self) -> None:
        """Borovia finds it by comparing, Harbour by pulling; each has evidence of its own."""
        stage, borovia = self.stage, self.node(BOROVIA)
        report = sync(borovia, self.fetch)
        found = next(entry.error for entry in report.partners if entry.party == ALDMERE)
        expect(isinstance(found, SplitView), f"sync at Borovia found {found!r}")
        state = self._partner(BOROVIA, ALDMERE)
        expect(state.standing == "fork" and state.evidence_entry is not None, f"Aldmere's standing is {state.standing}")
        assert state.evidence_entry is not None
        path = self.place / "two-histories.evidence"
        path.write_bytes(read_evidence(borovia, state.evidence_entry) or b"")
        evidence = verify_evidence(path.read_bytes())
        with borovia.store.reading() as connection:
            pinned = {key.vkey for key in borovia.partner(connection, ALDMERE).log_keys}
        expect(evidence.origin == ORIGINS[ALDMERE] and set(evidence.vkeys) <= pinned, "the evidence is of another log")
        stage.say("", "✕ CERT Aldmere has shown two different histories. Both are signed by its key:")
        stage.rows(
            ("", "entries", "root"),
            [
                (word, str(size), short_root(root))
                for word, size, root in zip(("one", "the other"), evidence.sizes, evidence.roots, strict=True)
            ],
            right=(1,),
        )
        stage.say("", "It can be: a restored backup · a stolen key · intent. Borovia does not know which.")
        size = f"{path.stat().st_size / 1000:.0f} kB"
        stage.say("", f"✓ The evidence convinces a stranger by itself: {path.name}, {size}.")
        held = say(borovia, "", [make_note("held", borovia)], to=[ALDMERE])
        expect(held.said == 0 and "paused" in held.refused[0][1], "sharing was not held")
        stage.say("", "shares nothing more with Aldmere until the two have talked. Nothing that it has is deleted.")
        sync(self.node(HARBOUR), self.fetch)
        state = self._partner(HARBOUR, ALDMERE)
        expect(state.standing == "fork" and state.evidence is not None, "Harbour has no evidence")
        stage.say("Harbour", "finds the same from its side, with evidence of its own.")

    # 11

    def summary(self, *, kept: bool, stays: bool) -> None:
        """Ask every page and every TAXII root once, and say where they are."""
        stage = self.stage
        stage.step("Three nodes, three pages, three TAXII roots")
        secrets = {name: add_token(served.node, "reader", write=())[1] for name, served in self.served.items()}
        for name, served in self.served.items():
            self._ask_pages(name, served.address, secrets[name])
        stage.say("", "✓ Each answers: everything to this machine; name, keys, log, cosigners to a stranger.")
        if not stays:
            stage.say("", "They end here; without --script they stay up, to be looked at in a browser.")
            return
        stage.rows(("", "status page"), [(SHORT[name], f"{served.address}/") for name, served in self.served.items()])
        stage.say("", "The TAXII root of each is taxii2/shared/ below its page.")
        stage.say("", f"The folders are in {self.place}" + ("." if kept else ", and go when you end this."))
        stage.say("Borovia", "as its own tools read it:")
        borovia = self.served[BOROVIA].address
        stage.line()
        stage.line(f"curl -H 'Authorization: Bearer {secrets[BOROVIA]}' \\")
        stage.line("     -H 'Accept: application/taxii+json;version=2.1' \\")
        stage.line(f"     '{borovia}/taxii2/shared/collections/received/objects/?limit=3'")

    def _ask_pages(self, name: str, address: str, secret: str) -> None:
        page = self.fetch("GET", f"{address}/", bytes_max=1 << 20)
        missing = [title for title in TITLES.values() if title.encode() not in page.body]
        expect(page.status == 200 and not missing, f"the status page of {TITLES[name]} does not name {missing}")
        abroad = self.fetch("GET", f"{address}/", bytes_max=1 << 20, headers={"X-Forwarded-For": "192.0.2.1"})
        seen = [title for other, title in TITLES.items() if other != name and title.encode() in abroad.body]
        expect(abroad.status == 200 and not seen, f"a stranger sees {seen} on the page of {TITLES[name]}")
        headers = {"Authorization": f"Bearer {secret}", "Accept": "application/taxii+json;version=2.1"}
        root = self.fetch("GET", f"{address}/taxii2/shared/collections/", bytes_max=1 << 20, headers=headers)
        expect(root.status == 200 and b'"Received"' in root.body, f"no TAXII collections of {TITLES[name]}")

    # helpers

    def _sync(self, name: str, *, only: list[str] | None = None) -> SyncReport:
        report = sync(self.node(name), self.fetch, only or ())
        if report.worst is not None:
            raise report.worst
        return report

    def _pull(self, puller: Node, partner: Node) -> None:
        by_origin = {origin: name for name, origin in ORIGINS.items()}
        self._sync(by_origin[puller.origin], only=[by_origin[partner.origin]])

    def _partner(self, name: str, partner: str) -> PartnerState:
        return next(state for state in read_status(self.node(name)).partners if state.party.name == partner)
