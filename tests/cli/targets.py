"""Target files for the tests: a right one, the same with one mistake in it, one nobody answers to, one that hangs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.trials import reference_file

STARLETTE = Path(__file__).parents[1] / "implementations" / "starlette"


def starlette_target(folder: Path, *mistakes: tuple[str, str]) -> Path:
    """Write the target file of the Starlette implementation into `folder`, with these replacements."""
    text = (STARLETTE / "target.toml").read_text("utf-8")
    for right, wrong in (*mistakes, ("delivery_s        = 5.0", "delivery_s = 0.7")):
        assert right in text, right
        text = text.replace(right, wrong)
    text = text.replace('"server.py"', f'"{STARLETTE / "server.py"}"')
    path = folder / "target.toml"
    path.write_text(text, encoding="utf-8")
    return path


def unstarted_target(folder: Path, *, url: str) -> Path:
    """Write a target file for a server that is not ours to start, at `url`."""
    start = next(
        line for line in (STARLETTE / "target.toml").read_text("utf-8").splitlines() if line.startswith("start")
    )
    return starlette_target(folder, (start, "ready_s = 0.5"), ("http://127.0.0.1:{port}", url))


@contextmanager
def hanging_server() -> Iterator[str]:
    """A server that accepts and never answers."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5.0)
            for each in held:
                each.close()


def dead_address() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def faulty_target(folder: Path, fault: str) -> Path:
    """Write the reference's target file with a faulty implementation in its place."""
    text = reference_file().read_text("utf-8")
    start = next(line for line in text.splitlines() if line.startswith("start"))
    faulty = f'start = ["{{python}}", "-m", "tests.faulty.serve", "--fault", "{fault}", "--port", "{{port}}"]'
    path = folder / "faulty.toml"
    path.write_text(
        text.replace(start, faulty).replace("delivery_s        = 5.0", "delivery_s = 0.7"), encoding="utf-8"
    )
    return path
