"""Set the stage, tell the story, keep the nodes up until somebody has seen enough."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from detente.errors import DetenteError, InvalidStatement
from detente.net import HttpFetch


def run_demo(*, script: bool, folder: Path | None, out: TextIO, port_base: int = 0) -> int:
    """Run the demo; 0 when everything was as told, 1 when a step was not, with the reason on `out`.

    `script` ends after the last step; otherwise the three nodes stay up until Ctrl-C. `folder` keeps them there; without
    one they lie in a temporary folder that goes in the end. `port_base`: the first of three ports, 0 for free ones.
    """
    from detente.demo.stage import Stage, Surprise
    from detente.demo.story import Story

    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise InvalidStatement(f"{folder} is not empty; the demo makes new nodes, so give it a folder of its own")
    stage = Stage(out)
    started = time.monotonic()
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="detente-demo-")))
        fetch = HttpFetch()
        stack.callback(fetch.close)
        try:
            story = Story(place, stage, fetch, port_base)
            stack.callback(story.close)
            story.tell(kept=folder is not None, stays=not script)
            stage.line()
            stage.line(f"✓ Everything was as told, in {time.monotonic() - started:.1f} s.", "bold green")
        except (Surprise, DetenteError, OSError) as error:
            stage.line()
            stage.line(f"✕ Not as told: {error or type(error).__name__}", "bold red")
            return 1
        except KeyboardInterrupt:
            return 130
        if not script:
            stage.line("The three nodes stay up until you press Ctrl-C.")
            try:
                _wait_for_the_end()
            except KeyboardInterrupt:
                stage.line()
                stage.line("The three nodes have ended.")
    return 0


def _wait_for_the_end() -> None:
    """Until Ctrl-C, or until the process is asked to end: the temporary folder goes in either case."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Event().wait()
