"""Every exception of Détente. There are four families because there are four reactions.

    DetenteError
      LocalError          ours to fix; the message says what to do
        InvalidObject       a STIX object or JSON text that is not well formed
        InvalidPattern      a STIX pattern that cannot be read
        InvalidStatement    a header, leaf or opening of our own making that breaks the format
        NotPermitted        a marking, an agreement or the addressees forbid it
        NotFound            no such party, collection, statement or file
        StaleWrite          somebody else wrote first; read again and retry
      RemoteError         a partner broke the rules; carries the party and the bytes that show it
        MalformedReply      bytes that do not parse
        BadSignature        a signature by a known key that does not verify
        BadProof            an inclusion or consistency proof, or a commitment, that does not verify
        Rollback            a log that became shorter
        SplitView           two signed histories of one log
        UnknownKey          no signature by any key that we pinned
      TransportError      nothing is proved; try again
        Unreachable         no answer
        TimedOut            the answer took longer than allowed
        TooLarge            the answer is larger than allowed
      StoreError          our own disk or log is not what it should be; stop
        CorruptLog          stored bytes contradict each other
        NotDurable          the disk did not confirm a write
        Locked              another process is writing
        ClockBehind         the clock is behind our last signature

HTTP statuses and exit codes are assigned at the surfaces only: `detente.web.errors` and `detente.cli.exits`.
"""

from __future__ import annotations


class DetenteError(Exception):
    """Root of the tree; nothing raises it directly."""


class LocalError(DetenteError):
    """Ours to fix."""


class InvalidObject(LocalError):
    """A STIX object or JSON text that is not well formed."""


class InvalidPattern(LocalError):
    """A STIX pattern that cannot be read."""


class InvalidStatement(LocalError):
    """A header, leaf or opening of our own making that breaks the format."""


class NotPermitted(LocalError):
    """A marking, an agreement or the addressees forbid it."""


class NotFound(LocalError):
    """No such party, collection, statement or file."""


class StaleWrite(LocalError):
    """Somebody else wrote first; read again and retry."""


class RemoteError(DetenteError):
    """A partner broke the rules.

    `party` is the name or origin of the log concerned, empty where the parser was not told. `evidence` is what
    arrived, at most what the caller's bound let in; it is kept, and never retried silently.
    """

    def __init__(self, message: str, *, party: str = "", evidence: bytes = b"") -> None:
        super().__init__(message)
        self.party = party
        self.evidence = evidence


class MalformedReply(RemoteError):
    """Bytes that do not parse."""


class BadSignature(RemoteError):
    """A signature by a known key that does not verify."""


class BadProof(RemoteError):
    """A proof or a commitment that does not verify."""


class Rollback(RemoteError):
    """A log that became shorter."""


class SplitView(RemoteError):
    """Two signed histories of one log; `evidence` is an evidence file that a stranger can check."""


class UnknownKey(RemoteError):
    """No signature by any key that we pinned."""


class TransportError(DetenteError):
    """Nothing is proved; try again."""


class Unreachable(TransportError):
    """No answer."""


class TimedOut(TransportError):
    """The answer took longer than allowed."""


class TooLarge(TransportError):
    """The answer is larger than allowed."""


class StoreError(DetenteError):
    """Our own disk or log is not what it should be; stop."""


class CorruptLog(StoreError):
    """Stored bytes contradict each other."""


class NotDurable(StoreError):
    """The disk did not confirm a write."""


class Locked(StoreError):
    """Another process is writing."""


class ClockBehind(StoreError):
    """The clock is behind our last signature; nothing is signed with a made-up time."""
