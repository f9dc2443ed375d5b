"""Other people's documents into STIX: tables, MISP events, STIX bundles, plain lists.

One file per family; `read_document` finds out which one it is. Nothing is dropped without a word: what is not
understood is listed with its place and the reason. Bytes and the time come in; nothing here opens a file, a link or an
archive.
"""

from __future__ import annotations

from detente.intake.document import FORMATS, read_document
from detente.intake.result import Intake, Unread

__all__ = ["FORMATS", "Intake", "Unread", "read_document"]
