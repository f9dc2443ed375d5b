"""The pages of a node: who we are, and what was verified of whom; the same facts as JSON (`docs/pages.md`).

    GET /                 the status page
    GET /index.json       the same facts for programs
    GET /status           the status page, asking a browser for a token first
    GET /evidence/<n>     what shows the trouble kept at place n of the journal, as a file
    GET /style.css

Whose partners we have and what we hunt for is nobody's business, so there are two views. *Everything* is shown to our
own party: a caller on this machine, or one that shows a token of ours that is bound to no partner and no collection.
Everybody else sees what the public endpoints say anyway: who we are, our log, our keys, and who cosigned.

A caller is on this machine when the connection comes from a loopback address, nothing says that a proxy passed it on,
and it asked for this machine by a name of loopback: the last keeps out web pages that let their own name point here.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from ipaddress import ip_address
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from detente import __version__
from detente.node.open import Node
from detente.node.shelf import Shelf
from detente.node.status import (
    CosignerState,
    LogState,
    NodeState,
    PartnerState,
    read_evidence,
    read_public_status,
    read_status,
)
from detente.stix.canonical import JsonValue, encode
from detente.web import words
from detente.web.log import Answer, Request

FORMAT = "detente/status/v1"

_HTML = "text/html; charset=utf-8"
_JSON = "application/json"
_CSS = "text/css; charset=utf-8"
_EVIDENCE = re.compile(r"/evidence/([0-9]{1,15})")
_PASSED_ON = re.compile(r"via|forwarded|x-forwarded.*|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip")
# What depends on who asks is kept by nobody.
_PRIVATE = {"cache-control": "no-store", "vary": "Authorization"}
_CHALLENGE = {**_PRIVATE, "www-authenticate": 'Basic realm="Detente: name and secret of a token", charset="UTF-8"'}


class Pages:
    """One node's pages, for many callers and threads at once."""

    def __init__(self, node: Node, shelf: Shelf) -> None:
        self._node = node
        self._shelf = shelf

    def answer(self, request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405, b"only GET here\n", headers={"allow": "GET, HEAD"})
        if request.path == "/style.css":
            return Answer(200, _style(), _CSS, {"cache-control": "public, max-age=3600"})
        evidence = _EVIDENCE.fullmatch(request.path)
        if request.path not in ("/", "/index.json", "/status") and evidence is None:
            return Answer(404, b"nothing here\n")
        ours = is_local(request) or self._is_ours(request)
        if not ours and (request.path == "/status" or evidence):
            return Answer(401, b"show a token of this party\n", headers=_CHALLENGE)
        if evidence is not None:
            return self._evidence(int(evidence[1]))
        state = read_status(self._node) if ours else read_public_status(self._node)
        if request.path == "/index.json":
            return Answer(200, encode(document(state, everything=ours)) + b"\n", _JSON, _PRIVATE)
        return Answer(200, page(state, everything=ours), _HTML, _PRIVATE)

    def _is_ours(self, request: Request) -> bool:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "basic"):
            return False
        caller = self._shelf.authenticate(scheme.lower(), credentials.strip())
        return caller is not None and caller.party == "" and caller.read is None

    def _evidence(self, entry: int) -> Answer:
        data = read_evidence(self._node, entry)
        if data is None:
            return Answer(404, b"no evidence is kept there\n", headers=_PRIVATE)
        name = f"evidence-{entry}.txt"
        disposition = {"content-disposition": f'attachment; filename="{name}"'}
        return Answer(200, data, "application/octet-stream", {**_PRIVATE, **disposition})


def is_local(request: Request) -> bool:
    """Whether the caller sits at this machine. In doubt it does not."""
    if any(_PASSED_ON.fullmatch(name) for name in request.headers):
        return False
    return _is_loopback(request.client) and _is_loopback(_host_name(request.headers.get("host", "")))


def _host_name(host: str) -> str:
    """The Host header without its port: `[::1]:8440` is `::1`."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_loopback(name: str) -> bool:
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def document(state: NodeState, *, everything: bool) -> dict[str, JsonValue]:
    """The facts of the page. Field names are stable: new ones may come, none changes its meaning under this format."""
    public: dict[str, JsonValue] = {
        "format": FORMAT,
        "version": __version__,
        "at": words.instant(state.at_us),
        "shows": "everything" if everything else "public",
        "party": {
            "title": state.title,
            "origin": state.origin,
            "url": state.url,
            "fingerprint": state.fingerprint,
            "keys": [*state.vkeys],
        },
        "log": _log(state.log, everything=everything),
    }
    if not everything:
        return public
    return {
        **public,
        "standing": state.worst,
        "hold": state.hold,
        "quorum": state.quorum,
        "partners": [_partner(partner) for partner in by_title(state)],
        "collections": [{**asdict(c), "readers": [*sorted(c.readers)]} for c in state.collections],
        "hunts": [
            {
                "at": words.instant(hunt.at_us),
                "lines": hunt.lines,
                "indicators": hunt.indicators,
                "not_searched": hunt.not_searched,
                "hit_indicators": hunt.hit_indicators,
                "hit_lines": hunt.hit_lines,
            }
            for hunt in state.hunts
        ],
    }


def _log(log: LogState, *, everything: bool) -> dict[str, JsonValue]:
    return {
        "size": log.size,
        "root": log.root.hex(),
        "at": words.instant(log.at_us),
        "cosigned_size": log.witnessed_size,
        "cosigners": [_cosigner(cosigner, everything=everything) for cosigner in log.cosigners],
    }


def _cosigner(cosigner: CosignerState, *, everything: bool) -> JsonValue:
    named: dict[str, JsonValue] = {"name": cosigner.name} if everything else {}
    return {
        "origin": cosigner.origin,
        **named,
        "roles": [*cosigner.roles],
        "at": words.instant(cosigner.at_us),
    }


def _partner(partner: PartnerState) -> JsonValue:
    party, evidence = partner.party, partner.evidence
    trouble: JsonValue = None
    if partner.trouble:
        trouble = {
            "error": partner.trouble,
            "message": partner.message,
            "at": words.instant(partner.trouble_us),
            "journal_entry": partner.evidence_entry,
            "evidence": None
            if evidence is None
            else {"sizes": [*evidence.sizes], "roots": [root.hex() for root in evidence.roots]},
        }
    return {
        "name": party.name,
        "title": party.title,
        "origin": party.origin,
        "url": party.url,
        "fingerprint": party.fingerprint,
        "added": words.instant(party.added_us),
        "standing": partner.standing,
        "paused": partner.held,
        "receives": party.receives.label,
        "log": None if partner.log is None else _log(partner.log, everything=True),
        "checked": words.instant(partner.checked_us),
        "addressed": partner.addressed,
        "acknowledged": partner.delivered,
        "received": partner.received,
        "contact": {"at": words.instant(partner.contact_us), "error": partner.contact_error},
        "trouble": trouble,
    }


def by_title(state: NodeState) -> list[PartnerState]:
    """Alphabetical: no other order says nothing."""
    return sorted(state.partners, key=lambda partner: (partner.party.title.casefold(), partner.party.origin))


def page(state: NodeState, *, everything: bool) -> bytes:
    """The status page, complete and without a script."""
    titles = {partner.party.origin: partner.party.title for partner in state.partners}
    context: dict[str, Any] = {
        "state": state,
        "everything": everything,
        "partners": by_title(state),
        "troubled": [partner for partner in by_title(state) if partner.standing in _BANNERS],
        "verified": sum(partner.standing == "verified" for partner in state.partners),
        "title_of": lambda origin: "this party" if origin == state.origin else titles.get(origin, origin),
        "moment": lambda at_us: words.moment(at_us, state.at_us),
        "standings": _STANDINGS,
        "version": __version__,
    }
    return _environment().get_template("status.html").render(context).encode("utf-8", "backslashreplace")


# The state in words; its shape (drawn in the template) and its colour (in the style) say the same once more.
_STANDINGS = {
    "verified": ("good", "Verified"),
    "unwitnessed": ("watch", "Verified, not witnessed"),
    "stale": ("wait", "Nothing fresh"),
    "not-checked": ("wait", "Not yet checked"),
    "rollback": ("stop", "Shorter than before"),
    "key-changed": ("stop", "Another key"),
    "not-accepted": ("stop", "Not accepted"),
    "fork": ("stop", "Two histories"),
}
_BANNERS = frozenset(name for name, (shape, _) in _STANDINGS.items() if shape == "stop")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("detente.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        counted=words.counted, fours=words.in_fours, hexadecimal=bytes.hex, instant=words.instant, number=words.number
    )
    return environment


def _shown(value: Any) -> Any:
    """Every text that reaches the page passes here; escaping comes after."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=1)
def _style() -> bytes:
    return files("detente.web").joinpath("templates/style.css").read_bytes()
