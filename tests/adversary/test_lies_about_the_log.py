"""A partner lies about its log: the lie is refused for the right reason, and nothing changes but what is kept of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.adversary.lying_party import LyingParty
from tests.scene import journal_kinds, journal_size, kept_evidence, require_sound, tell, trouble_with, truth_of
from tests.world import World

from detente.errors import (
    BadProof,
    BadSignature,
    DetenteError,
    MalformedReply,
    NotFound,
    RemoteError,
    Rollback,
    SplitView,
    TooLarge,
    TransportError,
    UnknownKey,
    Unreachable,
)
from detente.node.sync import sync
from detente.party import Role
from detente.store.database import deliveries
from detente.store.log import head_of

LieMethod = Callable[[LyingParty], object]

# `said`: whether the liar has something new to say, so that entries and openings are asked for.
LIES: list[tuple[str, bool, type[DetenteError], LieMethod]] = [
    ("a second root for the same size", False, SplitView, lambda a: a.fork_at(3)),
    ("a fork in the very first entry", False, SplitView, lambda a: a.fork_at(0)),
    ("a fork in the very last entry", False, SplitView, lambda a: a.fork_at(a.settled - 1)),
    ("a fork that is longer", False, SplitView, lambda a: a.fork_at(3, size=a.size + 4)),
    ("a fork that is much longer", False, SplitView, lambda a: a.fork_at(3, size=a.size + 600)),
    ("a fork that is shorter", False, SplitView, lambda a: a.fork_at(3, size=a.settled - 1)),
    ("a fork that is as short as a power of two", False, SplitView, lambda a: a.fork_at(3, size=4)),
    ("a fork of one entry", False, SplitView, lambda a: a.fork_at(0, size=1)),
    ("the true beginning, signed anew", False, Rollback, lambda a: a.roll_back_to(5)),
    ("an empty log", False, Rollback, lambda a: a.roll_back_to(0)),
    ("an empty log with a root", False, BadProof, lambda a: a.empty_tree_with_a_root()),
    ("keys that were never pinned", False, UnknownKey, lambda a: a.sign_with_old_key()),
    ("the witness's key", False, UnknownKey, lambda a: a.use_the_witness_key()),
    ("a signature with one bit wrong", False, BadSignature, lambda a: a.break_signature()),
    ("only the first of the keys", False, BadSignature, lambda a: a.sign_with_one_key(0)),
    ("only the second of the keys", True, BadSignature, lambda a: a.sign_with_one_key(1)),
    ("101 signatures", True, MalformedReply, lambda a: a.sign_many_times(101)),
    ("extension lines", True, MalformedReply, lambda a: a.add_lines_to_the_text()),
    ("another origin", True, MalformedReply, lambda a: a.sign_other_origin("elsewhere.example")),
    ("the origin of a third party", True, MalformedReply, lambda a: a.sign_other_origin("cert-c.example")),
    ("no bytes", False, MalformedReply, lambda a: a.serve_checkpoint(b"")),
    ("bytes that are no text", False, MalformedReply, lambda a: a.serve_checkpoint(bytes(range(256)))),
    ("a page of HTML", False, MalformedReply, lambda a: a.serve_checkpoint(b"<html>\n\nlogin\n</html>\n")),
    ("the origin in UTF-16", False, MalformedReply, lambda a: a.serve_checkpoint("cert-a\n".encode("utf-16"))),
    ("more bytes than a checkpoint has", False, TooLarge, lambda a: a.flood("/log/checkpoint", (256 << 10) + 1)),
    ("more entries than we fetch at once", False, TooLarge, lambda a: a.claim(1 << 40, bytes(32))),
    ("the largest size that there is", False, TooLarge, lambda a: a.claim((1 << 63) - 1, bytes(32))),
    ("entries that it does not have", False, Unreachable, lambda a: a.claim(a.size + 7, bytes(32))),
    ("status 500", False, Unreachable, lambda a: a.answer_with(500)),
    ("a redirect", False, Unreachable, lambda a: a.answer_with(301)),
    ("an empty answer with status 204", False, Unreachable, lambda a: a.answer_with(204)),
    ("that our token is not good", False, NotFound, lambda a: a.answer_with(401)),
    ("that we may not read", False, NotFound, lambda a: a.answer_with(403)),
    ("that there are too many requests", False, Unreachable, lambda a: a.answer_with(429)),
    ("another entry", True, BadProof, lambda a: a.swap_entry(a.size - 1)),
    ("entries in another order", True, BadProof, lambda a: a.reorder(a.size - 1, a.size - 2)),
    ("a bundle that breaks off", True, MalformedReply, lambda a: a.truncate_bundle()),
    ("a bundle of one byte", True, MalformedReply, lambda a: a.truncate_bundle(a.size * 67 - 1)),
    ("a bundle with something behind it", True, MalformedReply, lambda a: a.lengthen_bundle()),
    ("another text", True, BadProof, lambda a: a.swap_body(a.size - 1)),
    ("another header", True, BadProof, lambda a: a.swap_header(a.size - 1)),
    ("another salt", True, BadProof, lambda a: a.swap_salt(a.size - 1)),
    ("a salt of 31 bytes", True, BadProof, lambda a: a.cut_salt(a.size - 1)),
    ("a text without its salt", True, BadProof, lambda a: a.withhold_salt(a.size - 1)),
    ("openings in the wrong order", True, MalformedReply, lambda a: a.reverse_openings()),
    ("openings twice", True, MalformedReply, lambda a: a.repeat_openings()),
    ("openings of entries that nobody asked for", True, MalformedReply, lambda a: a.openings_out_of_range()),
    ("openings that break off", True, MalformedReply, lambda a: a.truncate_openings()),
    ("openings of no extent", True, MalformedReply, lambda a: a.openings_up_to(None)),
    ("openings that stand still", True, MalformedReply, lambda a: a.openings_up_to("0")),
    ("openings beyond the end", True, MalformedReply, lambda a: a.openings_up_to("99999999")),
    ("openings up to a number of another script", True, MalformedReply, lambda a: a.openings_up_to("１９")),
    ("more openings than fit", True, TooLarge, lambda a: a.flood("/log/openings", (16 << 20) + 1)),
]


@pytest.mark.parametrize(("news", "expected", "lie"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_lie_is_refused_for_what_it_is_and_changes_nothing(
    scene: World, liar: LyingParty, news: bool, expected: type[DetenteError], lie: LieMethod
) -> None:
    if news:
        tell(liar.node, range(50, 53), "cert-b")
    honest = scene.nodes["cert-b"]
    before, private = truth_of(honest), journal_size(honest)
    lie(liar)
    report = sync(honest, scene.fetch, ["cert-a"])
    assert type(report.worst) is expected, repr(report.worst)
    assert truth_of(honest) == before
    if issubclass(expected, RemoteError):
        assert trouble_with(honest, "cert-a.example") == expected.__name__
        assert journal_kinds(honest, private) == ["evidence"]
    else:
        assert trouble_with(honest, "cert-a.example") is None
        assert journal_kinds(honest, private) == []
    require_sound(honest)


@pytest.mark.parametrize(("news", "expected", "lie"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_after_a_lie_the_truth_is_taken_in_as_if_nothing_had_been(
    scene: World, liar: LyingParty, news: bool, expected: type[DetenteError], lie: LieMethod
) -> None:
    tell(liar.node, range(50, 53), "cert-b")
    honest = scene.nodes["cert-b"]
    lie(liar)
    assert sync(honest, scene.fetch, ["cert-a"]).worst is not None
    liar.tell_the_truth()
    (partner,) = sync(honest, scene.fetch, ["cert-a"]).partners
    assert partner.error is None
    assert partner.pulled is not None
    assert partner.pulled.kinds == {"object": 3}
    require_sound(honest)


def test_a_lie_told_to_one_does_not_keep_the_others_from_being_heard(scene: World, liar: LyingParty) -> None:
    for number, (_, _, expected, lie) in enumerate(row for row in LIES if not row[1]):
        tell(scene.nodes["cert-c"], [100 + number], "cert-b")
        liar.tell_the_truth()
        lie(liar)
        report = sync(scene.nodes["cert-b"], scene.fetch)
        assert [(p.party, type(p.error)) for p in report.partners if p.error is not None] == [("cert-a", expected)]
        heard = next(p.pulled for p in report.partners if p.party == "cert-c")
        assert heard is not None
        assert heard.kinds["object"] == 1
        assert "cert-c.example/witness" in report.cosigners
    require_sound(scene.nodes["cert-b"])


def test_a_hundred_signatures_are_read_and_only_those_that_we_know_are_kept(scene: World, liar: LyingParty) -> None:
    """A note may hold 100 lines; a partner that fills it must not leave us without room for our own."""
    tell(liar.node, range(50, 53), "cert-b")
    liar.sign_many_times(100)
    honest = scene.nodes["cert-b"]
    report = sync(honest, scene.fetch, ["cert-a"])
    assert report.worst is None
    with honest.store.reading() as connection:
        head = head_of(connection, "cert-a.example")
    assert head is not None
    assert b"crowd" not in head.note
    assert b"cert-b.example/mirror" in head.note
    require_sound(honest)


@pytest.mark.parametrize("victim", ["cert-b", "cert-c"])
@pytest.mark.parametrize("role", [Role.WITNESS, Role.MIRROR])
def test_a_forged_cosignature_of_somebody_we_know_spoils_the_whole_note(
    scene: World, liar: LyingParty, victim: str, role: Role
) -> None:
    """Also of our own: a line under a known name and key that does not verify is no honest mistake."""
    tell(liar.node, range(50, 53), "cert-b")
    honest = scene.nodes["cert-b"]
    for key in scene.nodes[victim].public_keys[role]:
        before = truth_of(honest)
        liar.tell_the_truth()
        liar.forge_line_of(key.name, key.key_id, key.kind)
        assert type(sync(honest, scene.fetch, ["cert-a"]).worst) is BadSignature
        assert truth_of(honest) == before


def test_a_commitment_copied_from_another_log_cannot_be_opened_as_ones_own(scene: World, liar: LyingParty) -> None:
    """cert-c told cert-b something; cert-a copies leaf and opening into its own log."""
    third, honest = LyingParty(scene, "cert-c"), scene.nodes["cert-b"]
    tell(third.node, [70], "cert-b")
    before = truth_of(honest)
    liar.copy_commitment(third, third.size - 1)
    error = sync(honest, scene.fetch, ["cert-a"]).worst
    assert type(error) is BadProof
    assert "cert-c.example" in str(error)
    assert truth_of(honest) == before


def test_what_was_said_to_others_is_not_taken_from_a_careless_speaker(scene: World, liar: LyingParty) -> None:
    honest = scene.nodes["cert-b"]
    told = tell(liar.node, [71], "cert-c")
    assert told.entries is not None
    before = truth_of(honest)
    liar.open_what_others_were_told(told.entries[0])
    error = sync(honest, scene.fetch, ["cert-a"]).worst
    assert type(error) is BadProof
    assert "not among the addressees" in str(error)
    assert truth_of(honest) == before


def test_another_partys_log_in_place_of_ones_own_is_refused(scene: World, liar: LyingParty) -> None:
    third, honest = LyingParty(scene, "cert-c"), scene.nodes["cert-b"]
    before = truth_of(honest)
    liar.answer_for_someone_else(third)
    assert type(sync(honest, scene.fetch, ["cert-a"]).worst) is MalformedReply
    assert truth_of(honest) == before


def test_a_checkpoint_that_was_true_once_is_a_rollback_and_nothing_worse(scene: World, liar: LyingParty) -> None:
    honest = scene.nodes["cert-b"]
    stale = scene.fetch("GET", "http://cert-a.test/log/checkpoint", bytes_max=1 << 20).body
    tell(liar.node, range(50, 53), "cert-b")
    assert sync(honest, scene.fetch, ["cert-a"]).worst is None
    before = truth_of(honest)
    liar.serve_stale(stale)
    assert type(sync(honest, scene.fetch, ["cert-a"]).worst) is Rollback
    assert truth_of(honest) == before


def test_the_same_lie_told_again_and_again_is_written_down_once(scene: World, liar: LyingParty) -> None:
    honest = scene.nodes["cert-b"]
    liar.fork_at(3)
    private = journal_size(honest)
    for _ in range(5):
        scene.clock.advance(300)
        assert type(sync(honest, scene.fetch, ["cert-a"]).worst) is SplitView
    assert journal_kinds(honest, private) == ["evidence"]
    assert len(kept_evidence(honest)) == 1


def test_a_text_that_never_came_is_not_acknowledged(scene: World, liar: LyingParty) -> None:
    """Only the acknowledgement proves delivery, so it must not be given for a header alone."""
    told = tell(liar.node, [72, 73], "cert-b")
    assert told.entries is not None
    first, last = told.entries
    liar.withhold_text(first)
    report = sync(scene.nodes["cert-b"], scene.fetch, ["cert-a"])
    assert report.worst is None
    liar.tell_the_truth()
    sync(liar.node, scene.fetch, ["cert-b"])
    delivered = _delivered(liar)
    assert last in delivered
    assert first not in delivered


def test_a_withheld_opening_is_not_acknowledged(scene: World, liar: LyingParty) -> None:
    told = tell(liar.node, [72, 73], "cert-b")
    assert told.entries is not None
    liar.withhold_opening(told.entries[0])
    assert sync(scene.nodes["cert-b"], scene.fetch, ["cert-a"]).worst is None
    liar.tell_the_truth()
    sync(liar.node, scene.fetch, ["cert-b"])
    assert told.entries[0] not in _delivered(liar)


def test_openings_that_trickle_are_all_taken_in(scene: World, liar: LyingParty) -> None:
    tell(liar.node, range(80, 90), "cert-b")
    liar.one_opening_at_a_time()
    (partner,) = sync(scene.nodes["cert-b"], scene.fetch, ["cert-a"]).partners
    assert partner.error is None
    assert partner.pulled is not None
    assert partner.pulled.kinds == {"object": 10}
    require_sound(scene.nodes["cert-b"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: a.garble_tiles(),
        lambda a: a.wrong_width_tile(),
        lambda a: a.answer_with(404, path="/log/tile/0/000.p/17"),
        lambda a: a.answer_with(401, path="/log/tile/0/000.p/17"),
        lambda a: a.flood("/log/tile/0/000.p/17", 256 * 32 + 1),
    ],
    ids=["tiles of zeros", "short tiles", "no tiles", "tiles for others", "endless tiles"],
)
def test_a_fork_whose_tiles_are_bad_is_refused_although_nothing_is_proved(
    scene: World, liar: LyingParty, spoil: LieMethod
) -> None:
    """Without good tiles a stranger is shown nothing; the entries still do not fit, and that is what is recorded."""
    honest = scene.nodes["cert-b"]
    before = truth_of(honest)
    liar.fork_at(3, size=17)
    spoil(liar)
    assert type(sync(honest, scene.fetch, ["cert-a"]).worst) is BadProof
    assert truth_of(honest) == before


def test_no_lie_lets_a_transport_error_count_as_misconduct(scene: World, liar: LyingParty) -> None:
    """Silence proves nothing."""
    scene.away.add("cert-a")
    report = sync(scene.nodes["cert-b"], scene.fetch)
    assert isinstance(report.worst, TransportError)
    assert trouble_with(scene.nodes["cert-b"], "cert-a.example") is None


def _delivered(liar: LyingParty) -> set[int]:
    """The entries of the liar's log that its partners say they received."""
    found: set[int] = set()
    with liar.node.store.indexed() as connection:
        for first, last in connection.execute(
            sa.select(deliveries.c.first, deliveries.c.last).where(deliveries.c.log == liar.node.origin)
        ):
            found.update(range(first, last + 1))
    return found
