"""TAXII 2.1 (OASIS Standard, 10 June 2021) as pure functions: no socket, no disk, no clock.

    media      3.1        media types: what a client accepts, what it sends
    times      2, 3.5     timestamps, versions as sort keys, the cursor in `next`
    query      3.4, 3.5   filters, limits and paging out of a query string
    resources  3.6–5.8    what goes over the wire, as values and as bytes
    client     4, 5       the other side: requests to send, replies to believe or refuse

Implemented: all endpoints of the standard, without the basic channel API that it reserves. Stricter than the standard:
`limit`, `next`, `added_after` and `match[…]` given twice or empty are refused, and so is a match field that we do not
know, because leaving a filter out would hand the client more than it asked for. More lenient: timestamps come in with 0
to 9 fractional digits, and a client that accepts only `application/json` or `*/*` is served.

One page of `GET /taxii2/shared/collections/<id>/objects/?limit=1`:

    {"more":true,"next":"5f5e1002d9a00","objects":[{"id":"indicator--…","type":"indicator",…}]}
"""

from __future__ import annotations
