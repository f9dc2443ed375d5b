"""The status page: who sees what, in which words, and that no foreign text can do more than be read."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.scene import close, copy_of, quick_folder, town
from tests.tree import ROOT
from tests.world import World, world

from detente.errors import Rollback, SplitView, UnknownKey
from detente.node.collections import add_collection, add_token
from detente.node.open import Node
from detente.node.partners import pause_partner
from detente.node.receive import keep_evidence
from detente.node.shelf import Shelf
from detente.node.status import LADDER, STALE_US
from detente.party import Role, encode_party
from detente.store.log import OWN
from detente.store.store import Transaction
from detente.tlog.checkpoint import Checkpoint, sign_checkpoint
from detente.tlog.trusted import make_evidence, verify_evidence
from detente.web import pages
from detente.web.log import Answer, Request
from detente.web.pages import Pages

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}</bdi></h3>"
LOCAL = {"host": "localhost:8440"}


@pytest.fixture(scope="module")
def settled() -> Iterator[tuple[Path, int]]:
    """Three nodes that know one another and have talked: made once, closed, and copied for each test."""
    with quick_folder() as folder:
        made = town(World(folder), "a", "b", "n")
        yield folder, close(made)


@pytest.fixture
def three(settled: tuple[Path, int]) -> Iterator[World]:
    with copy_of(*settled, "a", "b", "n") as made:
        yield made


def get(
    node: Node,
    path: str = "/",
    *,
    client: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
    method: str = "GET",
) -> Answer:
    headers = LOCAL if headers is None else headers
    return Pages(node, Shelf(node)).answer(Request(method, path, "", headers, b"", client))


def facts(node: Node, **how: Any) -> dict[str, Any]:
    value = json.loads(get(node, "/index.json", **how).body)
    assert isinstance(value, dict)
    return value


def html(node: Node, **how: Any) -> str:
    answer = get(node, **how)
    assert answer.status == 200
    return answer.body.decode()


def words(page: str) -> str:
    """What a reader reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


def set_record(node: Node, kind: str, key: str, value: bytes) -> None:
    node.store.write(node.clock(), lambda transaction: transaction.put_record(kind, key, value))


def rename(node: Node, name: str, **changes: Any) -> None:
    """Change what is pinned of a partner, as its own invitation might have said it."""

    def work(transaction: Transaction) -> None:
        party = replace(node.partner(transaction.connection, name), **changes)
        transaction.put_record("partner", name, encode_party(party))

    node.store.write(node.clock(), work)


# -- who sees what ----------------------------------------------------------------------------------------------------


def test_this_machine_sees_everything_and_a_stranger_what_is_public(three: World) -> None:
    node = three.nodes["a"]
    add_collection(node, "secret-shelf", title="Secret shelf", readers=["b"])
    everything, public = facts(node), facts(node, client="192.0.2.9", headers={"host": "a.example"})
    assert everything["shows"] == "everything"
    assert [partner["name"] for partner in everything["partners"]] == ["b", "n"]
    assert public.keys() == {"format", "version", "at", "shows", "party", "log"}
    assert public["party"] == everything["party"]
    assert {cosigner["origin"] for cosigner in public["log"]["cosigners"]} == {"b.example", "n.example"}
    assert all("name" not in cosigner for cosigner in public["log"]["cosigners"])
    page = html(node, client="192.0.2.9", headers={"host": "a.example"})
    assert "Secret shelf" in html(node)
    assert [word for word in ("Secret shelf", "Partners", "hunt", "acknowledged", "TLP:") if word in page] == []


def test_what_strangers_see_is_not_even_read_for_them(three: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: Node) -> None:
        raise AssertionError("the whole status was read for a stranger")

    monkeypatch.setattr(pages, "read_status", never)
    assert get(three.nodes["a"], client="192.0.2.9").status == 200


@pytest.mark.parametrize(
    "header", ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-anything", "x-real-ip", "via"]
)
def test_a_caller_that_a_proxy_passed_on_is_a_stranger(three: World, header: str) -> None:
    assert facts(three.nodes["a"], headers={**LOCAL, header: "127.0.0.1"})["shows"] == "public"


@pytest.mark.parametrize(
    ("client", "host", "shows"),
    [
        ("127.0.0.1", "localhost:8440", "everything"),
        ("127.8.8.8", "127.0.0.1:8440", "everything"),
        ("::1", "[::1]:8440", "everything"),
        ("::1", "LOCALHOST", "everything"),
        ("192.0.2.9", "localhost:8440", "public"),
        ("::ffff:192.0.2.9", "[::1]:8440", "public"),
        ("", "localhost", "public"),  # a socket file: whoever can open it may be a proxy
        ("127.0.0.1", "a.example", "public"),  # a name that was made to point here
        ("127.0.0.1", "127.0.0.1.a.example", "public"),
        ("127.0.0.1", "localhost.a.example:8440", "public"),
        ("127.0.0.1", "", "public"),
    ],
)
def test_only_a_loopback_address_that_asked_for_loopback_is_this_machine(
    three: World, client: str, host: str, shows: str
) -> None:
    assert facts(three.nodes["a"], client=client, headers={"host": host})["shows"] == shows


def test_a_token_of_our_own_shows_everything_from_anywhere(three: World) -> None:
    node = three.nodes["a"]
    _, secret = add_token(node, "laptop")
    basic = base64.b64encode(f"laptop:{secret}".encode()).decode()
    for credentials in (f"Bearer {secret}", f"bearer  {secret}", f"Basic {basic}"):
        headers = {"host": "a.example", "authorization": credentials}
        assert facts(node, client="192.0.2.9", headers=headers)["shows"] == "everything", credentials


def test_no_other_token_shows_more_than_is_public(three: World) -> None:
    node = three.nodes["a"]
    add_collection(node, "feed-2")
    _, bound = add_token(node, "siem", read=["feed-2"])
    _, theirs = add_token(node, "theirs", party="b.example")
    wrong_name = base64.b64encode(f"other:{bound}".encode()).decode()
    for credentials in (
        f"Bearer {bound}",
        f"Bearer {theirs}",
        "Bearer x",
        f"Basic {wrong_name}",
        "Basic ?",
        "Digest x",
        "",
    ):
        headers = {"host": "a.example", "authorization": credentials}
        assert facts(node, client="192.0.2.9", headers=headers)["shows"] == "public", credentials


def test_a_browser_elsewhere_is_asked_for_a_token(three: World) -> None:
    node = three.nodes["a"]
    stranger = get(node, "/status", client="192.0.2.9")
    assert (stranger.status, stranger.headers["www-authenticate"].split()[0]) == (401, "Basic")
    assert get(node, "/status").body == get(node, "/").body


def test_nobody_keeps_what_depends_on_who_asks(three: World) -> None:
    for path in ("/", "/index.json", "/status"):
        answer = get(three.nodes["a"], path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Authorization"


def test_other_paths_and_methods_are_refused(three: World) -> None:
    node = three.nodes["a"]
    assert get(node, "/etc").status == 404
    assert get(node, "/evidence/99").status == 404
    assert get(node, "/", method="POST").status == 405
    assert get(node, "/", method="HEAD").status == 200
    assert get(node, "/style.css", client="192.0.2.9").content_type.startswith("text/css")


# -- foreign text -----------------------------------------------------------------------------------------------------


def test_a_partners_words_are_shown_and_do_nothing(three: World) -> None:
    node = three.nodes["a"]
    rename(node, "b", title=HOSTILE)
    set_record(node, "contact", "b.example", json.dumps({"at_us": 1, "error": HOSTILE}).encode())
    add_collection(node, "c", title=HOSTILE, description=HOSTILE)
    keep_evidence(node, partner(node, "n"), Rollback(HOSTILE, party="n.example", evidence=HOSTILE.encode()))
    page = html(node)
    assert "<script" not in page
    assert "{{7*7}}" in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") >= 4
    check_structure(page)
    assert facts(node)["partners"][0]["title"] == HOSTILE


@pytest.mark.parametrize(
    ("character", "shown"),
    [("\u202e", "[U+202E]"), ("\u200b", "[U+200B]"), ("\u2066", "[U+2066]"), ("\x9b", "[U+009B]")],
)
def test_characters_that_hide_or_turn_text_are_written_out(three: World, character: str, shown: str) -> None:
    node = three.nodes["a"]
    rename(node, "b", title=f"CERT{character}B")
    page = html(node)
    assert character not in page
    assert f"CERT{shown}B" in page


def test_a_name_in_another_script_is_shown_as_it_is(three: World) -> None:
    rename(three.nodes["a"], "b", title="مركز الاستجابة 应急中心 CERT Ç")
    assert "<bdi>مركز الاستجابة 应急中心 CERT Ç</bdi>" in html(three.nodes["a"])


def test_the_page_fetches_nothing_but_its_own_style(three: World) -> None:
    rename(three.nodes["a"], "b", title="http://evil.example/x.png", url="http://evil.example")
    page = html(three.nodes["a"])
    targets = re.findall(r"""\b(?:src|href|action|poster|srcset|data)=["']([^"']*)""", page)
    assert targets
    outside = [t for t in targets if not t.startswith(("/", "#", "data:image/svg+xml,")) or t.startswith("//")]
    assert outside == []
    assert re.findall(r"<(?:script|img|iframe|object|embed|link rel=.preload|form)\b", page) == []
    assert "url(" not in pages._style().decode()
    assert "@import" not in pages._style().decode()


# -- states -----------------------------------------------------------------------------------------------------------


def partner(node: Node, name: str) -> Any:
    with node.store.reading() as connection:
        return node.partner(connection, name)


def fork(three: World) -> bytes:
    """Evidence that b signed two roots of one size, as a keeps it."""
    b = three.nodes["b"]
    notes = [
        sign_checkpoint(Checkpoint("b.example", 9, bytes([n]) * 32), b.signers[Role.LOG], at_s=1_790_000_000)
        for n in (1, 2)
    ]
    return make_evidence(b.public_keys[Role.LOG], notes[0], notes[1], None)


def test_two_histories_are_said_across_the_page_in_neutral_words(three: World) -> None:
    node = three.nodes["a"]
    evidence = fork(three)
    keep_evidence(
        node, partner(node, "b"), SplitView("b has shown two histories", party="b.example", evidence=evidence)
    )
    page, text = html(node), words(html(node))
    assert "B has shown two different histories." in text
    assert "It can be: a restored backup · a stolen key · intent. We don’t know which." in text
    assert "0101 0101" in text
    assert "0202 0202" in text
    assert "nothing more is shared with it" in text
    assert "Sharing paused" in text
    assert re.findall(r"(?i)attack|betray|guilt|lie[sd]?\b|blame", text) == []
    assert page.index('class="banner"') < page.index("<h1>")
    (shown,) = [p for p in facts(node)["partners"] if p["name"] == "b"]
    assert (shown["standing"], shown["trouble"]["error"]) == ("fork", "SplitView")
    assert shown["trouble"]["evidence"]["sizes"] == [9, 9]
    assert facts(node)["standing"] == "fork"

    path = f"/evidence/{shown['trouble']['journal_entry']}"
    assert f'href="{path}"' in page
    file = get(node, path)
    assert verify_evidence(file.body).origin == "b.example"
    assert file.body == evidence
    assert file.headers["content-disposition"].startswith("attachment")
    assert get(node, path, client="192.0.2.9").status == 401


def test_a_pause_is_shown_and_a_resumed_partner_is_as_before(three: World) -> None:
    node = three.nodes["a"]
    before = words(html(node)).rpartition("as of")[0]
    pause_partner(node, "b", paused=True)
    assert "Sharing paused" in words(html(node))
    assert facts(node)["partners"][0]["paused"] is True
    keep_evidence(node, partner(node, "b"), Rollback("shorter", party="b.example", evidence=b"bytes"))
    pause_partner(node, "b", paused=False)
    assert words(html(node)).rpartition("as of")[0] == before


@pytest.mark.parametrize(
    ("error", "standing", "sentence"),
    [
        (Rollback, "rollback", "B shows a log that is shorter than before."),
        (UnknownKey, "key-changed", "B signs with another key than the one compared."),
    ],
)
def test_each_misconduct_has_its_own_words(three: World, error: Any, standing: str, sentence: str) -> None:
    node = three.nodes["a"]
    keep_evidence(node, partner(node, "b"), error("what happened", party="b.example", evidence=b"bytes"))
    assert sentence in words(html(node))
    assert facts(node)["partners"][0]["standing"] == standing


def test_every_standing_has_words_a_shape_and_a_colour() -> None:
    assert pages._STANDINGS.keys() == set(LADDER)
    assert len({text for _, text in pages._STANDINGS.values()}) == len(LADDER)
    style = pages._style().decode()
    assert all(f".{shape} {{ --tone: var(--{shape}); }}" in style for shape, _ in pages._STANDINGS.values())


def test_a_partner_of_whom_nothing_fresh_came_is_stale_and_not_wrong(three: World) -> None:
    node = three.nodes["a"]
    assert {p["standing"] for p in facts(node)["partners"]} == {"verified"}
    three.clock.advance(STALE_US / 1_000_000 + 60)
    assert {p["standing"] for p in facts(node)["partners"]} == {"stale"}
    assert "Nothing fresh" in words(html(node))
    assert 'class="banner"' not in html(node)


def test_a_log_that_no_third_has_cosigned_is_said_to_be_so() -> None:
    with quick_folder() as folder, world(folder) as made:
        town(made, "a", "b")
        node = made.nodes["a"]
        assert facts(node)["partners"][0]["standing"] == "unwitnessed"
        assert "cosigned by fewer others than the 1 asked for" in words(html(node))


def test_a_node_that_may_not_sign_says_so_first(three: World) -> None:
    node = three.nodes["a"]
    node.store.write(node.clock(), lambda transaction: transaction.set_head(OWN, hold="restored <b>today</b>"))
    page = html(node)
    assert page.index("Nothing is signed by this node now.") < page.index("<h1>")
    assert "restored &lt;b&gt;today&lt;/b&gt;" in page
    assert facts(node)["standing"] == "self"
    assert "hold" not in facts(node, client="192.0.2.9")


def test_a_new_node_says_what_to_do_next() -> None:
    with quick_folder() as folder, world(folder) as made:
        text = words(html(made.node("a")))
    assert "You know nobody yet. Invite by file: detente partner invite ORIGIN" in text
    assert "No collection yet. Make one: detente collection add NAME" in text
    assert "No hunt yet. Point at a file or a folder of logs: detente hunt FOLDER" in text
    assert "cosigned by nobody yet" in text


def test_partners_stand_in_the_order_of_the_alphabet(three: World) -> None:
    node = three.nodes["a"]
    rename(node, "b", title="zebra")
    rename(node, "n", title="Äther")
    rename(node, "b", title="Zebra")
    assert [p["title"] for p in facts(node)["partners"]] == sorted(["Zebra", "Äther"], key=str.casefold)
    rename(node, "n", title="abacus")
    assert [p["title"] for p in facts(node)["partners"]] == ["abacus", "Zebra"]


def test_swapping_two_parties_swaps_their_names_and_nothing_else() -> None:
    """A page of the neutral third, with the two exchanged: the same words in the same places."""
    texts = []
    for first, second in (("a", "b"), ("b", "a")):
        with quick_folder() as folder, world(folder) as made:
            town(made, first, second, "n")
            text = words(html(made.nodes["n"]))
            text = re.sub(r"(?:[a-z]{5}-){7}[a-z]{5}|(?:[0-9a-f]{4} ){7}[0-9a-f]{4}|\S+\+[0-9a-f]{8}\+\S+", "#", text)
            texts.append(text)
    swap = str.maketrans("abAB", "baBA")
    named = re.compile(r"\b[abAB]\b(?=[ .·,]|$)")
    blocks = [sorted(re.findall(r"\b[AB] [ab] · .*?Show address", text)) for text in texts]
    swapped = sorted(named.sub(lambda m: m[0].translate(swap), block) for block in blocks[1])
    assert [named.sub(lambda m: m[0], block) for block in blocks[0]] == swapped
    assert len(blocks[0]) == 2


# -- structure, colours, the page about the page ----------------------------------------------------------------------

_VOID = {"meta", "link", "br", "hr", "img", "input", "circle", "path", "rect"}


class _Structure(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"


def check_structure(page: str) -> None:
    found = _Structure()
    found.feed(page)
    assert found.open == []
    tags = [tag for tag, _ in found.seen]
    assert {tag: tags.count(tag) for tag in ("h1", "main", "header", "footer")} == dict.fromkeys(
        ("h1", "main", "header", "footer"), 1
    )
    ids = [attrs["id"] for _, attrs in found.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in found.seen:
        assert attrs.get("aria-labelledby", ids[0]) in ids
        assert tag != "th" or attrs.get("scope") in ("col", "row")
        assert tag != "section" or "aria-labelledby" in attrs
        if tag == "svg":
            assert attrs.get("aria-hidden") == "true"
        if (attrs.get("href") or "").startswith("#"):
            assert (attrs["href"] or "")[1:] in ids
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(
        after - before <= 1
        for before, after in zip(levels[levels.index(1) :], levels[levels.index(1) + 1 :], strict=False)
    )


def test_the_page_has_landmarks_one_title_and_a_way_past_the_navigation(three: World) -> None:
    page = html(three.nodes["a"])
    check_structure(page)
    check_structure(html(three.nodes["a"], client="192.0.2.9"))
    assert page.index('class="skip" href="#content"') < page.index("<header>")
    assert '<html lang="en">' in page
    assert 'name="viewport"' in page


def _tokens(theme: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", theme))


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_text_colour_stands_out_in_both_themes_and_on_paper() -> None:
    style = pages._style().decode()
    light = _tokens(style.split("@media")[0])
    dark = {**light, **_tokens(style.split("@media (prefers-color-scheme: dark)")[1].split("* {")[0])}
    paper = {**light, **_tokens(style.split("@media print")[1])}
    for theme in (light, dark, paper):
        for ink in ("ink", "soft", "link", "good", "watch", "wait", "rest", "stop"):
            for ground in ("paper", "sheet", "stop-sheet"):
                assert _contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground, theme[ink], theme[ground])
        assert _contrast(theme["edge"], theme["sheet"]) >= 3, theme["edge"]


def test_the_document_on_pages_names_every_field(three: World) -> None:
    node = three.nodes["a"]
    add_collection(node, "c")
    text = (ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
    keep_evidence(node, partner(node, "b"), SplitView("two", party="b.example", evidence=fork(three)))
    fields = set(_names(facts(node)))
    assert fields
    assert sorted(field for field in fields if f"`{field}`" not in text) == []
    assert sorted(word for word in (*LADDER, "self") if f"`{word}`" not in text) == []


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
