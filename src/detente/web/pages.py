"""The pages of a node; today one: who we are, and what was verified of whom."""

from __future__ import annotations

from detente.node.open import Node
from detente.node.status import read_status
from detente.web.log import Answer, Request


def answer(node: Node, request: Request) -> Answer:
    if request.path != "/":
        return Answer(404, b"nothing here\n")
    return Answer(200, repr(read_status(node)).encode())
