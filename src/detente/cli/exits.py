"""Exit codes, in one table. `docs/cli.md` shows the same one, and a test compares them."""

from __future__ import annotations

from detente.errors import (
    DetenteError,
    NotFound,
    NotPermitted,
    RemoteError,
    Rollback,
    SplitView,
    TransportError,
)

FINE, FAILED, USAGE, NOTHING_FOUND, NOT_VERIFIED, FORK, REFUSED, UNREACHABLE = range(8)

MEANINGS = {
    FINE: "fine",
    FAILED: "failed",
    USAGE: "the command line is wrong",
    NOTHING_FOUND: "nothing found",
    NOT_VERIFIED: "not verified",
    FORK: "fork or rollback",
    REFUSED: "refused by policy",
    UNREACHABLE: "partner unreachable",
}

# The first row that fits counts.
_TABLE: tuple[tuple[type[DetenteError], int], ...] = (
    (Rollback, FORK),
    (SplitView, FORK),
    (RemoteError, NOT_VERIFIED),
    (NotPermitted, REFUSED),
    (NotFound, NOTHING_FOUND),
    (TransportError, UNREACHABLE),
    (DetenteError, FAILED),
)


def exit_code(error: DetenteError) -> int:
    return next(code for kind, code in _TABLE if isinstance(error, kind))
