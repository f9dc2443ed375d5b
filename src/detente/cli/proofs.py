"""log show, log proof, verify."""

from __future__ import annotations

from pathlib import Path

import click

from detente.cli.out import Out, moment, plain, table
from detente.errors import InvalidStatement, MalformedReply, NotFound


@click.group()
def log() -> None:
    """Show the log; write receipts."""


@log.command()
@click.option("--from", "start", type=click.IntRange(0), help="First entry to show. Default: the last ones.")
@click.option("-n", "count", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--partner", help="A partner's log, as we mirror it.")
@click.option("--journal", is_flag=True, help="Our private journal.")
@click.pass_obj
def show(out: Out, start: int | None, count: int, partner: str | None, journal: bool) -> None:
    """List entries: what kind, when, to whom, about what."""
    from detente.node.open import opened
    from detente.node.proofs import read_log

    with opened(out.folder) as node:
        origin, size, lines = read_log(node, partner=partner, journal=journal, start=start, count=count)
    value = {
        "origin": origin,
        "size": size,
        "entries": [
            {
                "index": line.index,
                "kind": line.kind,
                "at_us": line.at_us,
                "addressees": list(line.addressees),
                "withdrawn": line.withdrawn,
                "erased": line.erased,
                "about": line.about or None,
            }
            for line in lines
        ],
    }

    def text() -> None:
        click.echo(f"{origin}: {size:,} entries")
        rows = []
        for line in lines:
            state = "withdrawn" if line.withdrawn else "erased" if line.erased else ""
            rows.append(
                [
                    f"{line.index:,}",
                    line.kind,
                    moment(line.at_us),
                    ", ".join(line.addressees) or "–",
                    " ".join(filter(None, (state, line.about))),
                ]
            )
        table(rows, ["entry", "kind", "said at", "to", "about"])

    out.result("log show", value, text)


@log.command()
@click.argument("entry", type=click.IntRange(0))
@click.option("--partner", help="An entry of a partner's log that we mirror.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder to write to."
)
@click.pass_obj
def proof(out: Out, entry: int, partner: str | None, output: Path) -> None:
    """Write the receipt of one entry, its opening, and the policy to check it with."""
    from detente.node.open import opened
    from detente.node.proofs import prove

    with opened(out.folder) as node:
        proved = prove(node, entry, partner=partner)
        name = f"{(partner or node.origin).replace('/', '_')}-{entry}"
    output.mkdir(parents=True, exist_ok=True)
    written = [output / f"{name}.tlog-proof", output / f"{name}.policy"]
    written[0].write_bytes(proved.receipt)
    written[1].write_text(proved.policy, encoding="utf-8")
    if proved.opening is not None:
        written.append(output / f"{name}.opening.json")
        written[2].write_bytes(proved.opening)

    def text() -> None:
        for path in written:
            click.echo(f"wrote {path}")
        if not proved.witnessed:
            click.echo("No cosignature covers this entry yet: run detente sync, then write it again.", err=True)
        click.echo(
            f"Check it anywhere: detente verify {written[0]} --policy {written[1]}"
            + (f" --opening {written[2]}" if proved.opening else "")
        )

    out.result(
        "log proof", {"files": [str(p) for p in written], "size": proved.size, "witnessed": proved.witnessed}, text
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--opening",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The statement's opening: what was said, to whom.",
)
@click.option("--vkey", "vkeys", multiple=True, help="The log's verifier key, from somebody you trust; repeat.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Which logs and witnesses count.",
)
@click.pass_obj
def verify(out: Out, file: Path, opening: Path | None, vkeys: tuple[str, ...], policy_file: Path | None) -> None:
    """Check a receipt or fork evidence. Needs no node and no network."""
    data = _read(file)
    if data.startswith(b"detente/fork-evidence/v1"):
        _verify_evidence(out, data, vkeys)
        return
    if not data.startswith(b"c2sp.org/tlog-proof@v1"):
        raise MalformedReply(
            f"{file} is neither a receipt (c2sp.org/tlog-proof@v1) nor fork evidence (detente/fork-evidence/v1)"
        )
    from detente.node.verify import verify as verify_proof
    from detente.statement import PublicLeaf
    from detente.tlog.note import parse_vkey
    from detente.tlog.policy import parse_policy

    policy = parse_policy(_read(policy_file)) if policy_file else None
    keys = tuple(parse_vkey(v) for v in vkeys)
    if not keys and policy is None:
        raise InvalidStatement("whose log? Give the log's key with --vkey, or a policy that names it with --policy")
    found = verify_proof(data, opening=_read(opening) if opening else None, log_keys=keys, policy=policy)
    checkpoint = found.checkpoint.checkpoint
    times = [c.at_s for c in found.checkpoint.cosignatures]
    value = {
        "verified": True,
        "origin": checkpoint.origin,
        "index": found.index,
        "size": checkpoint.size,
        "cosigners": list(found.cosigners),
        "no_later_than_s": min(times) if times else None,
        "kind": found.header.kind if found.header else None,
        "addressees": list(found.header.aud) if found.header else None,
        "said_at_us": found.header.t_us if found.header else None,
        "body": found.body.decode() if found.body else None,
    }

    def text() -> None:
        step = iter(range(1, 9))
        click.echo(f"{next(step)} ✓ signed by the log {checkpoint.origin}")
        click.echo(f"{next(step)} ✓ entry {found.index:,} of {checkpoint.size:,}")
        if policy is not None:
            click.echo(
                f"{next(step)} ✓ cosigned as the policy asks: {', '.join(found.cosigners) or 'nobody is asked for'}"
            )
        else:
            click.echo(f"{next(step)} ◷ no policy given: no witness was asked")
        if times:
            click.echo(f"{next(step)} ✓ said no later than {moment(min(times) * 1_000_000)}, by the witnesses' clocks")
        if found.header is not None:
            addressees = ", ".join(map(plain, found.header.aud)) or "nobody"
            click.echo(
                f"{next(step)} ✓ opened: kind {plain(found.header.kind)}, to {addressees}, "
                f"claimed time {moment(found.header.t_us)}"
            )
            if found.body is None:
                click.echo(f"{next(step)} ◷ the text was erased; what it said cannot be shown")
            else:
                click.echo(f"{next(step)} ✓ the text is the one committed to:")
                click.echo(plain(found.body.decode()))
        elif isinstance(found.leaf, PublicLeaf):
            click.echo(f"{next(step)} ✓ said in public:")
            click.echo(plain(found.leaf.body.decode()))
        else:
            click.echo(f"{next(step)} ◷ no opening given: that something was said is proved, not what")
        click.echo("What this does not prove: that the content is true, or that an addressee received it.")

    out.result("verify", value, text)


def _verify_evidence(out: Out, data: bytes, vkeys: tuple[str, ...]) -> None:
    from detente.statement import base64url
    from detente.tlog.trusted import verify_evidence

    evidence = verify_evidence(data)
    unknown = [v for v in evidence.vkeys if v not in vkeys]
    value = {
        "verified": True,
        "origin": evidence.origin,
        "sizes": list(evidence.sizes),
        "roots": [base64url(root) for root in evidence.roots],
        "vkeys": list(evidence.vkeys),
        "vkeys_compared": bool(vkeys) and not unknown,
    }
    if vkeys and len(unknown) == len(evidence.vkeys):
        raise NotFound("the evidence holds, but against other keys than those given with --vkey")

    def text() -> None:
        click.echo(f"✓ One key signed two histories of {evidence.origin}:")
        for size, root in zip(evidence.sizes, evidence.roots, strict=True):
            click.echo(f"    {size:,} entries, root {base64url(root)}")
        click.echo("It can be: a restored backup · a stolen key · intent. This file does not say which.")
        if not vkeys:
            click.echo("Compare these keys with the ones that you pinned for the log (or pass them with --vkey):")
            for vkey in evidence.vkeys:
                click.echo(f"    {vkey}")

    out.result("verify", value, text)


def _read(path: Path) -> bytes:
    bound = 8 << 20
    if path.stat().st_size > bound:
        raise MalformedReply(f"{path} has {path.stat().st_size:,} bytes; nothing to verify is larger than {bound:,}")
    return path.read_bytes()
