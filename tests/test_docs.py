"""The documents list what there is, every command, error and kind of statement, and every link leads somewhere."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from detente import errors
from detente.statement import KINDS
from tests.tree import ROOT, documents, matters, shown

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _headings(text: str) -> list[str]:
    """The headings below the page's own title."""
    plain = _FENCE.sub("", text)
    return [line.lstrip("#").strip() for line in plain.splitlines() if line.startswith("##")]


def _main() -> click.Group:
    main = importlib.import_module("detente.cli.main").cli
    assert isinstance(main, click.Group)
    return main


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below `command`, groups too, by its full name; hidden ones are nobody's business."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from _commands(found, f"{name} {below}")


def test_the_page_on_commands_has_a_heading_for_each_and_no_other() -> None:
    there = {name for name, _ in _commands(_main(), "detente")} - {"detente"}
    headings = [heading.strip("`") for heading in _headings(_text("docs/cli.md"))]
    described = [heading for heading in headings if heading.startswith("detente ")]
    assert sorted(described) == sorted(there)


def test_the_page_on_commands_names_every_option() -> None:
    sections = _sections(_text("docs/cli.md"))
    missing = []
    for name, command in _commands(_main(), "detente"):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                longest = max(parameter.opts, key=len)
                where = sections.get(name, "") if name != "detente" else _text("docs/cli.md")
                if f"`{longest}" not in where:
                    missing.append(f"{name}: {longest}")
    assert not missing, missing


def test_the_page_on_commands_has_every_exit_code() -> None:
    meanings = importlib.import_module("detente.cli.exits").MEANINGS
    table = dict(re.findall(r"^\| `?(\d+)`? \| ([^|]+?) \|", _text("docs/cli.md"), re.MULTILINE))
    assert table == {str(int(code)): meaning for code, meaning in meanings.items()}


def test_the_page_on_errors_has_a_heading_for_each_and_no_other() -> None:
    there = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.DetenteError)
    }
    headings = [heading.strip("`") for heading in _headings(_text("docs/errors.md"))]
    named = [heading for heading in headings if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*", heading)]
    assert sorted(named) == sorted(there)


def test_the_page_on_statements_lists_every_kind() -> None:
    text = _text("docs/formats/statement.md")
    missing = [kind for kind in KINDS if f"`{kind}`" not in text]
    assert not missing, missing


def test_the_page_on_architecture_has_every_module_in_its_tree() -> None:
    tree = _FENCE.findall(_text("ARCHITECTURE.md"))[0][1]
    missing = [name for name in matters() if not re.search(rf"^  {name}(?:\.py|/) ", tree, re.MULTILINE)]
    assert not missing, missing


def test_every_document_is_reachable_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.is_file() or page.suffix != ".md":
            continue
        reached.add(page)
        waiting.extend(target for _, target in _links(page))
    lost = [shown(page) for page in documents() if page not in reached]
    assert not lost, lost


def test_every_link_inside_the_project_leads_to_a_file() -> None:
    broken = [f"{shown(page)}: {link}" for page in documents() for link, target in _links(page) if not target.exists()]
    assert not broken, broken


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", _text("Makefile"), re.MULTILINE))
    named = [
        (shown(page), target)
        for page in documents()
        for target in re.findall(r"(?:^|`|\$ )make ([a-z0-9]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert named, "no document says how to start"
    assert not [one for one in named if one[1] not in targets]


@pytest.mark.parametrize("page", documents(), ids=shown)
def test_every_command_that_a_document_shows_exists(page: Path) -> None:
    wrong = [line for line in _shown_commands(page.read_text(encoding="utf-8")) if not _exists(line.split()[1:])]
    assert not wrong, wrong


def _exists(words: list[str]) -> bool:
    """Whether the words after `detente` name a command, down to the first argument or option."""
    command: click.Command = _main()
    for word in words:
        if not isinstance(command, click.Group) or word.startswith(("-", "…", "[")):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True


def _shown_commands(text: str) -> Iterator[str]:
    """Lines of shell examples that call detente, and `detente …` in running text."""
    for language, body in _FENCE.findall(text):
        if language in {"sh", "console", "shell", "bash"}:
            for line in body.splitlines():
                bare = line.removeprefix("$ ")
                if bare.startswith("detente "):
                    yield bare
    yield from (hit for hit in re.findall(r"`(detente [a-z][^`\n]*)`", _FENCE.sub("", text)))


def _links(page: Path) -> Iterator[tuple[str, Path]]:
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:|#", link):
            yield link, (page.parent / link.split("#")[0]).resolve()


def _sections(text: str) -> dict[str, str]:
    """The text below each heading that names a command, up to the next heading."""
    parts = re.split(r"^#+ +(.+)$", _FENCE.sub("", text), flags=re.MULTILINE)
    return {heading.strip().strip("`"): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}
