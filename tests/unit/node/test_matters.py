from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from tests.scene import index_rows, quick_folder, settle, truth_of
from tests.world import World, world

from detente.errors import InvalidStatement, NotFound, NotPermitted
from detente.node.erase import erase_entry
from detente.node.matters import find, note, read_matters, receipts, tell
from detente.said import Said, read, readable
from detente.stix.marking import Tlp
from detente.store import index, matters
from detente.store.database import Connection


class Words(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    text: str
    thread: str = ""
    about: tuple[str, ...] = ()
    marking: str = ""


@pytest.fixture
def pair(store_url: str) -> Iterator[World]:
    with quick_folder() as folder, world(folder) as made:
        made.node("a", store_url=store_url)
        made.node("b")
        made.node("c")
        made.introduce("a", "b", receives=Tlp.AMBER)
        made.introduce("a", "c", receives=Tlp.AMBER)
        yield made


def seen_by(world: World, name: str, subject: str | None = None) -> list[Said]:
    with world.nodes[name].store.indexed() as connection:
        return read_matters(connection, ["message"], subject)


def test_both_sides_read_the_same_statement_and_a_third_party_does_not(pair: World) -> None:
    said = tell(pair.nodes["a"], "message", Words(text="one"), to=["b"])
    settle(pair)
    assert seen_by(pair, "a") == seen_by(pair, "b") == [said]
    assert seen_by(pair, "c") == []
    assert read(said, Words) == Words(text="one", marking="TLP:AMBER")
    assert (said.speaker, said.aud) == ("a.example", ("b.example",))


def test_a_statement_is_found_by_itself_and_by_all_that_it_is_about(pair: World) -> None:
    first = tell(pair.nodes["a"], "message", Words(text="one"), to=["b"])
    settle(pair)
    reply = tell(pair.nodes["b"], "message", Words(text="two", thread=first.id, about=("x", "y")), to=["a"], re=first)
    settle(pair)
    for name in "ab":
        assert seen_by(pair, name, first.id) == [first, reply]
        assert seen_by(pair, name, "x") == seen_by(pair, name, "y") == seen_by(pair, name, reply.id) == [reply]
    assert reply.re == first.ref


def test_receipts_are_the_same_on_both_sides_and_only_an_addressees_word_counts(pair: World) -> None:
    said = tell(pair.nodes["a"], "message", Words(text="one"), to=["b"])
    tell(pair.nodes["a"], "message", Words(text="two"), to=["c"])
    with pair.nodes["a"].store.indexed() as connection:
        assert receipts(connection, [said]) == {said.id: {}}
    settle(pair)
    found = []
    for name in "ab":
        with pair.nodes[name].store.indexed() as connection:
            found.append(receipts(connection, [said]))
    assert found[0] == found[1]
    assert list(found[0][said.id]) == ["b.example"]


def test_a_refused_addressee_means_that_nobody_is_told(pair: World) -> None:
    before = truth_of(pair.nodes["a"], journal=True)
    with pytest.raises(NotPermitted, match=r"c\.example"):
        tell(pair.nodes["a"], "message", Words(text="x", marking="TLP:RED"), to=["b", "c"])
    with pytest.raises(NotPermitted, match="CLEAR"):
        tell(pair.nodes["a"], "message", Words(text="x"), public=True)

    def forbid(_: object) -> None:
        raise NotPermitted("not now")

    with pytest.raises(NotPermitted, match="not now"):
        tell(pair.nodes["a"], "message", Words(text="x"), to=["b"], check=forbid)
    tell(pair.nodes["a"], "message", Words(text="x"), to=["b"], dry_run=True)
    assert truth_of(pair.nodes["a"], journal=True) == before


def test_what_is_said_in_public_is_read_by_every_partner(pair: World) -> None:
    said = tell(pair.nodes["a"], "message", Words(text="x", marking="TLP:CLEAR"), public=True)
    settle(pair)
    assert seen_by(pair, "b") == seen_by(pair, "c") == [said]
    assert said.aud == ("*",)


def test_a_note_stays_in_the_journal(pair: World) -> None:
    noted = note(pair.nodes["a"], "draft", {"text": "not yet"})
    settle(pair)
    with pair.nodes["a"].store.indexed() as connection:
        assert read_matters(connection, ["draft"]) == [noted]
    assert noted.speaker == "a.example"
    with pair.nodes["b"].store.indexed() as connection:
        assert read_matters(connection, ["draft"]) == []


def test_short_names_find_what_they_name_and_say_so_when_they_do_not(pair: World) -> None:
    said = tell(pair.nodes["a"], "message", Words(text="x"), to=["b"])
    with pair.nodes["a"].store.indexed() as connection:
        for name in (said.id, said.id[:10], said.short, said.short[:11]):
            assert find(connection, ["message"], name) == said
        with pytest.raises(NotFound, match="claim"):
            find(connection, ["claim"], said.short)
        with pytest.raises(InvalidStatement, match="lusab-babad-gutih"):
            find(connection, ["message"], "what is this?")


def test_an_erased_text_is_still_a_statement_but_says_nothing(pair: World) -> None:
    first = tell(pair.nodes["a"], "message", Words(text="one"), to=["b"])
    reply = tell(pair.nodes["a"], "message", Words(text="two", thread=first.id), to=["b"])
    erase_entry(pair.nodes["a"], reply.ref.index, ground="asked for")
    (left,) = (said for said in seen_by(pair, "a") if said.id == reply.id)
    assert left.erased
    assert not left.body
    assert readable([left], Words) == []
    with pytest.raises(InvalidStatement, match="erased"):
        read(left, Words)
    assert [s.id for s in seen_by(pair, "a", first.id)] == [first.id]


def test_the_rows_of_matters_are_the_same_when_the_index_is_made_anew(pair: World) -> None:
    first = tell(pair.nodes["a"], "message", Words(text="one", about=("x",)), to=["b"])
    gone = tell(pair.nodes["a"], "message", Words(text="two", thread=first.id), to=["b"])
    settle(pair)
    erase_entry(pair.nodes["a"], gone.ref.index, ground="asked for")
    for name in "ab":
        node = pair.nodes[name]
        before = index_rows(node)
        index.rebuild(node.store.database)
        assert index_rows(node) == before
        assert before["matters"]


def test_what_another_process_says_meanwhile_is_known_to_the_check(pair: World) -> None:
    node, seen = pair.nodes["a"], []
    racing = [True]

    def check(connection: Connection) -> None:
        seen.append(len(read_matters(connection, ["message"])))

    def clock() -> int:
        # Asked between catching up and the lock: another process speaks just then.
        if racing and racing.pop():
            tell(node, "message", Words(text="first"), to=["b"])
        return pair.clock()

    node.clock = clock
    tell(node, "message", Words(text="second"), to=["b"], check=check)
    assert seen == [1]


@pytest.mark.parametrize("one_by_one", [0, 1_000])
def test_receipts_are_the_same_asked_one_by_one_and_all_together(
    pair: World, one_by_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for n in range(6):
        said.append(tell(pair.nodes["a"], "message", Words(text=str(n)), to=["b", "c"][: 1 + n % 2]))
        if n % 3 == 2:
            settle(pair)
    monkeypatch.setattr(matters, "ASKED_ONE_BY_ONE", one_by_one)
    with pair.nodes["a"].store.indexed() as connection:
        found = receipts(connection, said)
    assert [sorted(found[one.id]) for one in said] == [sorted(one.aud) for one in said]
    assert len({at_us for by in found.values() for at_us in by.values()}) > 1


def test_a_withdrawal_tells_its_time_and_is_not_known_before_it_came(pair: World) -> None:
    said = tell(pair.nodes["a"], "message", Words(text="one"), to=["b"])
    settle(pair)
    pair.clock.advance(seconds=60)
    taken_back = tell(pair.nodes["a"], "withdrawal", Words(text=""), to=["b"], re=said)
    settle(pair)
    for name in "ab":
        (held,) = seen_by(pair, name)
        assert (held.withdrawn, held.withdrawn_us) == (True, taken_back.at_us)
        with pair.nodes[name].store.indexed() as connection:
            (before,) = read_matters(connection, ["message"], known_by_us=held.added_us)
        assert (before.withdrawn, before.withdrawn_us) == (False, None)
