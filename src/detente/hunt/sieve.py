"""Which of many words may hit at all: a quick first look over a block, so that few words are matched one by one.

Nothing is decided here. The sieve may let too much through, never too little: a word that `Matcher.match_word` finds
anything in is always among the suspects. It looks for the tokens of all words together, in one text, and keeps those
that hit by themselves (a host token does not depend on what stands around it) or could be part of a hit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from detente.hunt import values
from detente.hunt.indicators import Matcher

# A run of HOST bytes with a dot in it, without '.' and '-' at its ends: group 1. Nothing is tried within a run that was
# tried from its beginning, so that long ones take linear time.
_END = rb"[0-9A-Za-z_\x80-\xff]"
_LABEL = rb"[0-9A-Za-z_\-\x80-\xff]"
_HOST = rb"[0-9A-Za-z_.\-\x80-\xff]"
_DOTTED = re.compile(rb"(?<!%b)[.\-]*+(%b%b*+\.%b*%b)" % (_HOST, _END, _LABEL, _HOST, _END))
_HEX_RUN = re.compile(rb"[0-9A-Fa-f]{32,}+")
_IPV6_SIGN = re.compile(rb":(?::|(?:[0-9A-Fa-f]{1,4}:){5})")
# Looked at without being consumed, because the ':' at the end of an authority may begin the next '://'.
_AUTHORITY = re.compile(rb"://(?=([^/?#\n]*))")


TOKENS_SOUGHT_MAX = 64


def suspects(matcher: Matcher, words: Collection[bytes]) -> set[bytes]:
    """The words that may hit."""
    text = b"\n%b\n" % b"\n".join(words)
    found: set[bytes] = set()
    tokens = _host_tokens(matcher, text)
    if len(tokens) > TOKENS_SOUGHT_MAX:
        # To seek each through the text would take longer than to match all words.
        return set(words)
    for token in tokens:
        found.update(_words_at(text, _everywhere(text, token)))
    if matcher.hashes:
        long_words = b"\n".join([word for word in words if len(word) >= 32])
        for digits in set(_HEX_RUN.findall(long_words)):
            if digits.lower() in matcher.hashes:
                found.update(_words_at(text, _everywhere(text, digits)))
    if b":" in text:
        found.update(_words_at(text, (sign.start() for sign in _IPV6_SIGN.finditer(text))))
        if matcher.url_hosts and b"://" in text:
            for raw in set(_AUTHORITY.findall(text)):
                if _is_known_host(matcher, raw):
                    found.update(_words_at(text, _everywhere(text, b"://" + raw)))
    return found


def _host_tokens(matcher: Matcher, text: bytes) -> list[bytes]:
    """The names and IPv4 addresses that hit."""
    tokens = set(_DOTTED.findall(text))
    likely = matcher.addresses4.keys() & tokens
    last_labels, ends, pairs = matcher.name_last_labels, matcher.name_ends, matcher.network_pairs
    for token in tokens:
        dot = token.rfind(b".")
        label = token[dot + 1 :].lower()
        if label in last_labels:
            # The last two labels tell most names from all that are searched for.
            if token[token.rfind(b".", 0, dot) + 1 :].lower() in ends or not token.isascii():
                likely.add(token)
        elif label.isdigit():
            # So do the first two numbers with addresses and networks.
            if token[: token.find(b".", token.find(b".") + 1)] in pairs:
                likely.add(token)
        elif not label.isascii():
            likely.add(token)
    return [token for token in likely if matcher.match_word(token)]


def _is_known_host(matcher: Matcher, raw: bytes) -> bool:
    # Of a URL without a path, the punctuation at its end is no part of the host.
    return any(
        len(form) <= values.AUTHORITY_BYTES_MAX and values.authority(b"", form)[1] in matcher.url_hosts
        for form in {raw, values.url_end(raw)}
    )


def _everywhere(text: bytes, token: bytes) -> Iterator[int]:
    at = text.find(token)
    while at >= 0:
        yield at
        at = text.find(token, at + 1)


def _words_at(text: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """The words that hold these places, which come in order; each word once."""
    end = -1
    for at in places:
        if at > end:
            end = text.index(b"\n", at)
            yield text[text.rindex(b"\n", 0, at) + 1 : end]
