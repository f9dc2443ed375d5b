"""The status page in a real browser: it fits a narrow screen, breaks no rule of its own policy, and logs nothing."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from detente.demo.nodes import Served, make_node
from detente.net import HttpFetch
from detente.node.collections import add_collection
from detente.node.partners import add_partner, invite

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium (Debian and Ubuntu: the package chromium)")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr", "--v=0",
)  # fmt: skip
LONG = "W" * 300
HOSTILE = "<script>document.title='taken over'</script><img src=http://192.0.2.1/x onerror=alert(1)>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A node with a partner and a collection whose names are as bad as names can be."""
    folder = tmp_path_factory.mktemp("browser")
    node = make_node(folder / "a", title="CERT A", origin="a.example", port=0, minimise={})
    for name, title in (("long", LONG), ("hostile", HOSTILE)):
        other = make_node(folder / name, title=title, origin=f"{name}.example", port=0, minimise={})
        add_partner(node.node, invite(other.node, "a.example"), name=name)
        other.stop()
    add_collection(node.node, "c", title=LONG, readers=["*"])
    node.start()
    yield node
    node.stop()


def browse(address: str, profile: Path, *flags: str) -> tuple[str, str]:
    """The document as the browser sees it, and what it logged."""
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout, done.stderr


def test_the_page_works_in_a_browser_and_breaks_no_rule_of_its_policy(served: Served, tmp_path: Path) -> None:
    page, logged = browse(f"{served.address}/", tmp_path / "profile")
    assert "<title>CERT A · Détente</title>" in page
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in page
    complaints = [line for line in logged.splitlines() if "CONSOLE" in line or "Content Security" in line]
    assert complaints == []


@pytest.mark.parametrize("stranger", [False, True])
def test_the_page_fits_a_screen_of_360_pixels(served: Served, tmp_path: Path, *, stranger: bool) -> None:
    fetch = HttpFetch()
    headers = {"X-Forwarded-For": "192.0.2.1"} if stranger else {}
    page = fetch("GET", f"{served.address}/", bytes_max=1 << 20, headers=headers).body.decode()
    style = fetch("GET", f"{served.address}/style.css", bytes_max=1 << 20).body.decode()
    fetch.close()
    assert (LONG in page) is not stranger
    page = page.replace('<link rel="stylesheet" href="/style.css">', f"<style>{style}</style>")
    page = page.replace("<details>", "<details open>")
    # The page itself runs no script, so a frame around it measures.
    frame = tmp_path / "frame.html"
    measure = "document.title = ['width', d.scrollWidth, 'colour', getComputedStyle(d).backgroundColor].join(' ')"
    frame.write_text(
        f'<!doctype html><meta charset="utf-8"><title>not yet</title><iframe id="f" width="360" height="800" '
        f'style="border:0" srcdoc="{html.escape(page)}"></iframe>'
        f"<script>f.onload = () => {{ const d = f.contentDocument.documentElement; {measure} }}</script>",
        encoding="utf-8",
    )
    document, _ = browse(frame.as_uri(), tmp_path / "profile", "--virtual-time-budget=5000")
    found = re.search(r"<title>width (\d+) colour rgb\(247, 246, 242\)</title>", document)
    assert found is not None, document[:300]
    assert int(found[1]) <= 360
