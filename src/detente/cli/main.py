"""`detente`: the command line. Thin: read input, call one function of the node, show the result.

Commands load when they are called, so that the first output comes at once. Their names are stable; scripts depend on them.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from detente import __version__
from detente.cli.exits import FAILED, FINE, USAGE, exit_code
from detente.cli.out import Out, fail
from detente.errors import DetenteError

# Name, module and function, one line of help. Shown in this order.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("init", "setup:init", "Make a new node."),
    ("serve", "setup:serve", "Run the node's endpoints and status page."),
    ("partner", "partners:partner", "Meet partners and set what they receive."),
    ("collection", "collections:collection", "Standing audiences, served over TAXII."),
    ("token", "collections:token", "Who may read and write over TAXII."),
    ("import", "sharing:import_", "Take STIX, MISP, CSV or plain lists into a collection."),
    ("share", "sharing:share", "Say what was imported, to those who may have it."),
    ("withdraw", "sharing:withdraw", "Withdraw what was said; the log keeps verifying."),
    ("sync", "sharing:sync", "Pull, verify, mirror, countersign and acknowledge."),
    ("hunt", "hunting:hunt", "Look in your own logs for what partners told you."),
    ("retro", "retro:retro", "Ask logs of the past about what came since."),
    ("sightings", "hunting:sightings", "What was seen, by whom, how often."),
    ("match", "patterns:match_", "Hold a STIX pattern against observed data."),
    ("pattern", "patterns:pattern", "Check STIX patterns."),
    ("inbox", "inbox:inbox", "What must be answered, by when."),
    ("notice", "channel:notice", "Tell partners something; they acknowledge it."),
    ("request", "channel:request", "Ask partners for something, with a clock."),
    ("warn", "channel:warn", "Warn of others, or demand that an activity end."),
    ("reply", "threads:reply", "Acknowledge, answer, decline: a move in a thread."),
    ("thread", "threads:thread", "What was said in a thread, its state, its clocks."),
    ("drill", "channel:drill", "Rehearse, so that a crisis is not the first use."),
    ("outbox", "inbox:outbox", "Drafts that wait for a second person."),
    ("consult", "consult:consult", "Meetings that were held, and each side's account."),
    ("correction", "correct:correction", "What was said wrongly, and what rests on it."),
    ("reveal", "correct:reveal", "Open a sealed consequence, once."),
    ("claim", "claims:claim", "Who said what: quoted, sourced, shown with its denials."),
    ("board", "boards:board", "Rival attributions side by side; who denies, who asserts nothing."),
    ("assess", "boards:assess", "How likely an office holds each hypothesis of a board."),
    ("norm", "norms:norm", "Norms, and where parties stand on them."),
    ("conduct", "norms:conduct", "What parties say of conduct under a norm, and the answers."),
    ("agreement", "agreements:agreement", "Texts in clauses, signed, amended, reproducible for any date."),
    ("undertake", "norms:undertake", "Talked of, agreed, implemented, verified; and what is due."),
    ("limit", "norms:limit", "Declared limits, and how they are verified."),
    ("respond", "respond:respond", "Responses, none, and sealed ones; chains and the checklist."),
    ("effect", "effects:effect", "Was less seen after a warning than before? Fixed beforehand."),
    ("chronology", "records:chronology", "Who said what, in order, in neutral words."),
    ("export", "records:export", "Write what was said for other programs."),
    ("history", "records:history", "What two parties allege against each other."),
    ("milestone", "milestones:milestone", "When it was seen, assessed, decided, published."),
    ("measure", "milestones:measure", "What a review recommends, and what became of it."),
    ("report", "threads:report", "What the record shows, counted."),
    ("propose", "joint:propose", "Propose, accept, decline, withdraw; all of it stays."),
    ("intersect", "joint:intersect", "Find what both sides have, and show nothing else."),
    ("relay", "joint:relay", "Submit through a partner without being named."),
    ("log", "proofs:log", "Show the log; write receipts."),
    ("verify", "proofs:verify", "Check a receipt or fork evidence, offline."),
    ("erase", "keeping:erase", "Destroy a text; everything still verifies."),
    ("fsck", "keeping:fsck", "Read everything back and check it."),
    ("doctor", "keeping:doctor", "Is this node well? What needs a hand?"),
    ("backup", "keeping:backup", "Write one file with all that is needed to restore."),
    ("keys", "keys:keys", "Which keys are ours, and going over to new ones."),
    ("restore", "keeping:restore", "Restore a backup without forking the log."),
    ("taxii", "taxii:taxii", "Read any TAXII 2.1 server."),
    ("demo", "demo:demo", "Three nodes, one story, on this machine."),
    ("config", "setup:config", "Show the choices in force."),
)


# The heading above each of these; what follows it belongs to it.
SECTIONS = {
    "init": "Begin",
    "partner": "Meet and share",
    "hunt": "Hunt",
    "inbox": "Talk",
    "claim": "Who says what",
    "norm": "Norms, agreements, responses",
    "effect": "The record",
    "propose": "Work together",
    "log": "Prove",
    "erase": "Keep",
    "taxii": "Besides",
}


def understanding_globals(command: click.Command) -> click.Command:
    """The command, which takes --json, --quiet and --no-color behind its name too, where people write them."""
    names = {parameter.name for parameter in command.params}
    for name, act in _GLOBALS.items():
        if name not in names:
            command.params.append(
                click.Option(
                    [f"--{name.replace('_', '-')}"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    hidden=True,
                    callback=_when_given(act),
                )
            )
    if isinstance(command, click.Group):
        for below in command.commands.values():
            understanding_globals(below)
    return command


def _when_given(act: Callable[[click.Context], None]) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(context: click.Context, _option: click.Parameter, given: bool) -> None:
        if given and not context.resilient_parsing:
            act(context)

    return callback


def _as_json(context: click.Context) -> None:
    context.obj.json = True


def _quiet(context: click.Context) -> None:
    context.obj.quiet = True


def _no_color(context: click.Context) -> None:
    context.find_root().color = context.color = False


_GLOBALS = {"json": _as_json, "quiet": _quiet, "no_color": _no_color}


class LazyGroup(click.Group):
    """Loads a command's module when the command is called, and lists them without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for name, place, _ in COMMANDS:
            if name == cmd_name:
                module, function = place.split(":")
                command = getattr(importlib.import_module(f"detente.cli.{module}"), function)
                assert isinstance(command, click.Command)
                return understanding_globals(command)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        section: list[tuple[str, str]] = []
        heading = ""
        for name, _, help_ in (*COMMANDS, ("", "", "")):
            if section and (name in SECTIONS or not name):
                with formatter.section(heading):
                    formatter.write_dl(section)
                section = []
            heading = SECTIONS.get(name, heading)
            section.append((name, help_))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--node",
    "folder",
    type=click.Path(path_type=Path),
    envvar="DETENTE_NODE",
    default=Path("detente-node"),
    show_default=True,
    help="The node's folder (or DETENTE_NODE).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--no-color", is_flag=True, help="No colour (also NO_COLOR).")
@click.version_option(__version__, prog_name="detente")
@click.pass_context
def cli(context: click.Context, folder: Path, as_json: bool, quiet: bool, no_color: bool) -> None:
    """Share data on cyberattacks between parties who do not trust each other."""
    context.obj = Out(folder, json=as_json, quiet=quiet)
    if no_color or os.environ.get("NO_COLOR"):
        context.color = False


def main(arguments: list[str] | None = None) -> None:
    """The entry point: runs a command and turns its errors into messages and exit codes."""
    context: click.Context | None = None
    code = FINE
    given = sys.argv[1:] if arguments is None else arguments
    try:
        with cli.make_context("detente", list(given)) as context:
            code = cli.invoke(context) or FINE
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.UsageError as error:
        out = _out(context)
        if out is not None and "--json" in given:  # which may stand behind what is wrong
            out.json = True
            fail(out, "Usage", error.format_message(), USAGE)
        else:
            error.show()
        code = USAGE
    except click.Abort:
        fail(_out(context), "Interrupted", "interrupted; what was acknowledged is stored, nothing is half done", FAILED)
        code = 130
    except DetenteError as error:
        code = exit_code(error)
        fail(_out(context), type(error).__name__, str(error), code)
    except BrokenPipeError:
        # Whoever read our output has gone; that is their right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except OSError as error:
        fail(_out(context), "OSError", f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), FAILED)
        code = FAILED
    sys.exit(code)


def _out(context: click.Context | None) -> Out | None:
    return context.obj if context is not None and isinstance(context.obj, Out) else None


if __name__ == "__main__":
    main()
