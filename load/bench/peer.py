"""Who is compared: each peer's name, how it is started, and where its packages come from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.errors import UsageError

PEERS = Path(__file__).parent / "peers"
INSTALL_TIMEOUT_S = 600.0
ARTILLERY = "artillery@2.0.34"
BASELINE = "hono-node"
"""What the seed tells its users to install: the others are told as multiples of it."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One server. `{folder}` in its command is where the packages from the npm registry are."""

    name: str
    title: str
    command: tuple[str, ...]
    from_npm: bool = False


SERVERS = (
    Peer(
        "native",
        "onesocket reference, native runtime",
        (sys.executable, str(PEERS / "reference.py"), "--runtime", "native", "--port", "{port}"),
    ),
    Peer(
        "asgi",
        "onesocket reference, ASGI runtime",
        (sys.executable, str(PEERS / "reference.py"), "--runtime", "asgi", "--port", "{port}"),
    ),
    Peer(
        "websockets",
        "websockets.serve with broadcast()",
        (sys.executable, str(PEERS / "websockets_broadcast.py"), "--port", "{port}"),
    ),
    Peer(BASELINE, "Hono + ws on Node (the seed's set-up)", ("node", "node.mjs", "--port", "{port}"), from_npm=True),
    Peer("hono-bun", "Hono on Bun", ("{folder}/node_modules/.bin/bun", "bun.mjs", "--port", "{port}"), from_npm=True),
)


@contextmanager
def installed(names: frozenset[str]) -> Iterator[Path]:
    """Install what those peers need into a temporary folder; give the folder.

    Raises:
        UsageError: npm is not there, or cannot install them.
    """
    with TemporaryDirectory(prefix="onesocket-bench-") as name:
        folder = Path(name)
        for path in PEERS.iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        if any(peer.from_npm and peer.name in names for peer in SERVERS):
            _npm("install", "--no-audit", "--no-fund", "--no-package-lock", cwd=folder)
        if "artillery" in names:
            _npm("install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", ARTILLERY, cwd=folder)
        yield folder


def _npm(*arguments: str, cwd: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise UsageError(
            "there is no Node.js with npm", where="PATH", todo="install it, or leave its peers out with --only"
        )
    done = subprocess.run(
        [npm, *arguments], cwd=cwd, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise UsageError(
            "npm could not install the peers: " + (done.stderr.strip().splitlines() or ["it did not say why"])[-1],
            where=f"npm {' '.join(arguments)}",
            todo="see whether npm reaches its registry, or leave its peers out with --only",
        )
