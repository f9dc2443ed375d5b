"""Is this node well? Quick checks that need no network; each says what to do."""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass

from detente.errors import DetenteError
from detente.node.open import Node
from detente.node.status import read_status
from detente.store.log import OWN, read_head, read_tail

DISK_FREE_MIN_BYTES = 1 << 30
STALE_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """`state` is "well", "attention" or "stop"."""

    what: str
    state: str
    message: str


def examine(node: Node) -> list[Finding]:
    """In the order in which a person would act."""
    findings = [_own_log(node), _hold(node), _clock(node), _keys(node), _disk(node)]
    return findings + _partners(node)


def _own_log(node: Node) -> Finding:
    try:
        with node.store.reading() as connection:
            head = read_head(connection, OWN)
            if head.size:
                read_tail(connection, head)
    except DetenteError as error:
        return Finding("own log", "stop", f"{error} Stop writing; run detente fsck, then restore a backup.")
    return Finding("own log", "well", f"{head.size:,} entries; the tiles give the signed root")


def _hold(node: Node) -> Finding:
    with node.store.reading() as connection:
        reason = node.store.on_hold(connection)
    return Finding("signing", "stop", reason) if reason else Finding("signing", "well", "may sign")


def _clock(node: Node) -> Finding:
    with node.store.reading() as connection:
        behind_us = read_head(connection, OWN).at_us - node.clock()
    if behind_us > 0:
        return Finding("clock", "stop", f"the clock is {behind_us / 1e6:.0f} s behind our last signature; set it")
    return Finding("clock", "well", "not behind our last signature")


def _keys(node: Node) -> Finding:
    loose = [p.name for p in (node.folder / "keys").iterdir() if stat.S_IMODE(p.stat().st_mode) & 0o077]
    if loose:
        return Finding("keys", "attention", f"others can read {', '.join(sorted(loose))}: chmod 600 them")
    return Finding("keys", "well", "readable by their owner only")


def _disk(node: Node) -> Finding:
    free = shutil.disk_usage(node.folder).free
    if free < DISK_FREE_MIN_BYTES:
        return Finding("disk", "attention", f"{free / 1e6:.0f} MB free; make room before the node stops writing")
    return Finding("disk", "well", f"{free / 1e9:.0f} GB free")


def _partners(node: Node) -> list[Finding]:
    state = read_status(node)
    findings = []
    for partner in state.partners:
        what = f"partner {partner.party.name}"
        if partner.trouble:
            findings.append(Finding(what, "attention", f"{partner.trouble}: {partner.message}"))
        elif partner.contact_error:
            findings.append(Finding(what, "attention", f"not reached at the last attempt: {partner.contact_error}"))
        elif partner.checked_us is None:
            findings.append(Finding(what, "attention", f"nothing verified yet; run detente sync {partner.party.name}"))
        elif state.at_us - partner.checked_us > STALE_US:
            findings.append(
                Finding(what, "attention", f"last verified {(state.at_us - partner.checked_us) / 3.6e9:.0f} h ago")
            )
        else:
            findings.append(Finding(what, "well", f"{partner.log.size if partner.log else 0:,} entries verified"))
    return findings
