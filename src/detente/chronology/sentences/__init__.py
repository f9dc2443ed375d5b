"""One sentence for each kind of statement: who, to whom, what, in whose words. A matter's sentences stand in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping

from detente.chronology.sentences import boards, channel, claims, effect, joint, norms, private, record
from detente.chronology.telling import Telling

TELLINGS: Mapping[str, Telling] = {
    **channel.TELLINGS,
    **claims.TELLINGS,
    **boards.TELLINGS,
    **norms.TELLINGS,
    **effect.TELLINGS,
    **joint.TELLINGS,
    **record.TELLINGS,
    **private.TELLINGS,
}
