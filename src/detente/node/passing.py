"""Passing a warning on: in the wording that its speaker permits, and no other; and how many were told, by class, never who.

    wording of the language asked for → to other partners as a notice, or handed out by whatever way → counts per class of recipient,
    said to the warner

What nobody permitted is not passed on by this node; what a person does with a telephone is that person's affair, and can be counted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.channel.bodies import Message, Relayed
from detente.channel.moves import NOTICE
from detente.channel.thread import Thread
from detente.errors import InvalidStatement, NotPermitted
from detente.node.open import Node
from detente.node.talk import Spoken, permitted, read_thread, reply, send

SUBJECT = "A warning, passed on in the wording that its speaker permits"


@dataclass(frozen=True, slots=True)
class Passed:
    """`wording`: the only words in which it may go on. `notices`: to partners. `receipt`: what was said to the warner of it."""

    wording: str
    notices: tuple[Spoken, ...] = ()
    receipt: Spoken | None = None


def pass_warning(
    node: Node,
    name: str,
    *,
    language: str,
    text: str = "",
    to: Mapping[str, Sequence[str]] | None = None,
    counts: Mapping[str, int] | None = None,
    by: str = "",
    dry_run: bool = False,
) -> Passed:
    """Pass a warning on to partners of ours, and tell the warner how many of which class were told, here and by other ways.

    `to`: class of recipients to partners; `counts`: class to how many were told elsewhere. With neither, the wording alone comes back.
    `text`, when given, must be the wording, word for word. Raises NotPermitted or InvalidStatement, and nothing is recorded.
    """
    to, counts = to or {}, counts or {}
    with node.store.indexed() as connection:
        found = read_thread(connection, node, name, node.clock())
        wording = permitted(found, language)
        known = {node.partner(connection, one).origin for names in to.values() for one in names}
    if found.opener == node.origin:
        raise NotPermitted("this warning is your own; send it to whom it is for, with detente warn protective")
    if text and text.strip() != wording.strip():
        raise NotPermitted(
            f"a warning goes on in the wording that {found.opener} permits, and no other; print it with --language {language}"
        )
    if known & set(found.parties):
        raise InvalidStatement(
            f"{', '.join(sorted(known & set(found.parties)))} has this warning from {found.opener} itself"
        )
    told = {class_: counts.get(class_, 0) + len(to.get(class_, ())) for class_ in (*counts, *to)}
    if not told:
        return Passed(wording)
    now_us = node.clock()
    receipt = Message(
        move="relayed",
        relayed=tuple(
            Relayed(class_=class_, count=count, language=language, at_us=now_us) for class_, count in told.items()
        ),
    )
    # Asked before anything leaves: whoever may not pass it on must not have told anybody when that comes out.
    reply(node, name, receipt, by=by, dry_run=True)
    onward = Message(
        move=NOTICE,
        subject=SUBJECT,
        text=wording,
        refs=(found.id,),
        profile=found.message.profile,
        lane=found.message.lane,
        marking=found.message.marking,
    )
    notices = tuple(send(node, onward, to=names, by=by, dry_run=dry_run) for names in to.values() if names)
    return Passed(wording, notices, reply(node, name, receipt, by=by, dry_run=dry_run))


def relayed_counts(found: Thread) -> dict[str, dict[str, int]]:
    """Class of recipients to language to how many were told, over all addressees. Classes are never added up."""
    counts: dict[str, dict[str, int]] = {}
    for leg in found.legs.values():
        for one in leg.relayed:
            languages = counts.setdefault(one.class_, {})
            languages[one.language] = languages.get(one.language, 0) + one.count
    return counts
