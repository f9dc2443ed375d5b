"""TLS for the surfaces, as TAXII 2.1 asks for it (8.2.2, 8.3.1) and a little stricter.

TLS 1.3 and 1.2; of 1.2 only suites with forward secrecy and authenticated encryption, which are none of those that
HTTP/2 forbids. Early data (0-RTT) of TLS 1.3 is never accepted: Python's server side has no way to turn it on.
"""

from __future__ import annotations

import ssl
from pathlib import Path

_CIPHERS_12 = "ECDHE+AESGCM:ECDHE+CHACHA20"


def server_context(certificate: Path, key: Path, *, client_authorities: Path | None = None) -> ssl.SSLContext:
    """PEM files; `certificate` holds the chain.

    With `client_authorities` every client must show a certificate that these vouch for: signature, dates and purpose
    are checked before a byte of HTTP is read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS_12)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    if client_authorities is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authorities)
    return context
