"""Check a receipt of a signed log (c2sp.org/tlog-proof) without Détente: Python 3.9 and `cryptography` are enough:
    python check.py RECEIPT --log VKEY [--policy FILE] (--leaf FILE | --opening FILE)

VKEY is the log's verifier key; have it from elsewhere than the receipt. The leaf is the entry's bytes, or is made from
an opening (docs/formats/statement.md). Exit 0: all that was asked is proved; 4: it is not. One page, laid out by hand.
"""

# ruff: noqa: E401, E701, I001, T201
# fmt: off
import argparse, base64, hashlib, hmac, json, pathlib, re, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
P, Y8 = 2**255 - 19, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7  # Y8: y of a point of order 8
HEAD, CONTROL = "c2sp.org/tlog-proof@v1(?:\nextra (.*))?\nindex (.*)((?:\n.+){0,63})", "[\0-\t\v-\x1f]"
NAME = "[^+\\x00-\\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"

def need(truth, reason):
    if not truth: raise ValueError(reason)

def number(text):
    return need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) < 2**63, f"number {text[:40]!r}") or int(text)

def unbase64(text, length=None):
    value = base64.b64decode(text.encode("ascii"), validate=True)
    return need(base64.b64encode(value).decode() == text and len(value) == (length or len(value)), "base64") or value

def parse_vkey(text):  # (name, key id), type, public key
    name, key_id, material = text.split("+", 2)
    kind, public = unbase64(material)[0], unbase64(material)[1:]
    need(re.fullmatch(NAME, name) and len(public) == {1: 32, 4: 32, 6: 1312}.get(kind), f"unusable vkey {text[:80]!r}")
    y = int.from_bytes(public, "little") % 2**255  # with a key of small order one signature fits any message
    need(kind == 6 or (y < P and y not in (0, 1, P - 1, Y8, P - Y8)), f"{name}: a weak or malformed Ed25519 key")
    digest = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    need(digest.hex() == key_id, f"{name}: the key id is {digest.hex()}, not {key_id}")
    return (name, digest), kind, public

def verify(vkey, value, text):  # what each type signs: docs/formats/checkpoint.md
    ((name, _), kind, public), (origin, size, root) = vkey, text.split("\n")
    time, signature = (b"", value) if kind == 1 else (value[:8], value[8:])
    need(kind == 1 or (len(time) == 8 and time < b"\x80"), f"{name}: no time, or one that is too large")
    head = b"" if kind == 1 else b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big")
    if kind != 6: return Ed25519PublicKey.from_public_bytes(public).verify(signature, head + f"{text}\n".encode())
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    name, origin = (bytes([len(part.encode())]) + part.encode() for part in (name, origin))
    message = b"subtree/v1\n\0" + name + time + origin + bytes(8) + number(size).to_bytes(8, "big") + unbase64(root)
    return MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)

def parse_policy(text):  # witnesses and groups by name, in order; the quorum: docs/formats/policy.md
    rules, quorums, joined, publics = {"none": (0, ())}, [], {"none"}, set()
    for line in text.split("\n"):
        word, *rest = re.split("[ \t]+", line.strip(" \t"))
        if word in ("log", "witness"):
            vkey = parse_vkey(rest[word == "witness"])
            need(vkey[2] not in publics and len(rest) <= 2 + (word == "witness"), f"policy: {line[:80]}")
            publics.add(vkey[2])
            if word == "witness": need(rules.setdefault(rest[0], vkey) is vkey and vkey[1] != 1, f"policy: {line[:80]}")
        elif word == "group":
            name, k, *group = rest
            k = {"all": len(group), "any": 1}.get(k) or number(k)
            need(name not in rules and 1 <= k <= len(group) == len({*group} & {*rules} - joined), f"policy: {line}")
            rules[name], joined = (k, group), joined | {*group}
        elif word == "quorum": quorums.append(rest if rest and rest[0] in rules else [])
        else: need(word == "" or word[0] == "#", f"policy: {line[:80]}")
    need(text[-1:] == "\n" and [*map(len, quorums)] == [1], "the policy needs one good quorum line, and LF at its end")
    return rules, quorums[0][0]

def parse_opening(text):  # the leaf, its header, whether its text is there: docs/formats/statement.md
    def seal(salt, label, data):
        need(re.fullmatch("[A-Za-z0-9_-]{43}", salt), "a salt is not 32 bytes")
        digest = hmac.digest(base64.urlsafe_b64decode(salt + "="), label + b"\0" + data.encode(), "sha256")
        return base64.urlsafe_b64encode(digest)[:43].decode()
    o = json.loads(text.decode())
    header, whole = json.loads(o["header"]), bool(o["body_salt"] or o["body"])
    plain = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    need(plain == o["header"], "the header is not canonical JSON")
    need(not whole or seal(o["body_salt"], b"detente/body/v1", o["body"]) == header["body"], "not the sealed body")
    return b'{"c":"%s","t":"c","v":1}' % seal(o["header_salt"], b"detente/header/v1", plain).encode(), header, whole

def tree_root(node, index, size, path):  # RFC 6962, section 2.1.1, read from the top
    need((size > 1) == bool(path) and index < size, "the path has another length than the tree demands")
    if not path: return node
    k, rest, top = 1 << (size - 1).bit_length() - 1, path[:-1], path[-1]
    pair = tree_root(node, index, k, rest) + top if index < k else top + tree_root(node, index - k, size - k, rest)
    return hashlib.sha256(b"\1" + pair).digest()

def check(receipt, log, policy, opening, leaf):  # the numbers are those of docs/formats/receipt.md
    head, _, note = receipt.decode().partition("\n\n")
    shape, (text, _, lines) = re.fullmatch(HEAD, head), note.rpartition("\n\n")  # (1)
    need(shape and lines[-1:] == "\n" and lines.count("\n") <= 100 and not re.search(CONTROL, note), "not a receipt")
    index, path, _ = number(shape[2]), [unbase64(x, 32) for x in shape[3].split("\n")[1:]], unbase64(shape[1] or "")
    origin, size, root = text.split("\n")
    rules, quorum = parse_policy((b"quorum none\n" if policy is None else policy).decode("utf-8", "surrogateescape"))
    logs, met, signed = {key[0]: key for key in map(parse_vkey, log) if key[0][0] == origin}, set(), set()
    known = {**{key[0]: key for key in rules.values() if len(key) == 3}, **logs}
    for line in lines[:-1].split("\n"):
        name, value = re.fullmatch(f"— ({NAME}) ([^ ]+)", line).groups()
        pair, signature = (name, unbase64(value)[:4]), unbase64(value)[4:]
        if need(signature, "an empty signature") or pair in known:
            signed.add(verify(known[pair], signature, text) or pair)  # one bad line of a known key ends it
    need(signed & {*logs}, f"no signature by a key of {origin!r} that was given")  # (2)
    print(f"proved: the log {origin!r} signed a tree of {number(size)} entries")
    for name, rule in rules.items():  # (3)
        met |= {name} if (rule[0] in signed if len(rule) == 3 else len(met & {*rule[1]}) >= rule[0]) else set()
    need(quorum in met, f"the witnesses that signed do not meet the quorum {quorum!r}")
    print(f"proved: the quorum {quorum!r} is met" if quorum != "none" else "NOT proved: that any witness saw this tree")
    leaf, header, whole = parse_opening(opening) if leaf is None else (leaf, None, False)
    top = tree_root(hashlib.sha256(b"\0" + leaf).digest(), index, number(size), path)
    need(top == unbase64(root, 32), "the path does not lead from this leaf to the signed root")  # (4)
    print(f"proved: the leaf is entry {index} of that tree")
    need(header is None or header["log"] == origin, "the opening was written for another log")  # (5)
    if header: print(f"proved: it is of kind {header['kind']!a} to {header['aud']!a}" + ", with its text" * whole)
    print("NOT proved by any receipt: that what it says is true, or that anyone received it")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--log", action="append", required=True)
    either = parser.add_mutually_exclusive_group(required=True)
    for name, place in (("receipt", parser), ("--policy", parser), ("--opening", either), ("--leaf", either)):
        place.add_argument(name, type=lambda path: pathlib.Path(path).read_bytes())
    try: check(**vars(parser.parse_args()))
    except Exception as error: sys.exit(print(f"NOT proved: {error!r}") or 4)
