"""The liar's target file."""

from __future__ import annotations

import json
from pathlib import Path

LIAR = """\
name = "liar"
url = "{url}"
ready = "/health"
sign_in = {{ path = "/sign_in", json = {{ user = "{{login.user}}" }} }}
sign_out = {{ path = "/sign_out", json = {{ user = "" }} }}
[users]
ada = {{ id = "ada", login = {{ user = "ada" }} }}
bob = {{ id = "bob", login = {{ user = "bob" }} }}
root = {{ id = "root", login = {{ user = "root" }} }}
[echo]
channel = "liar_chat_echo"
send = {{ message = "{{text}}" }}
receive = {{ reply = "You said: {{text}}" }}
[broadcast]
channel = "liar_posts_changes"
path = "/posts"
json = {{ note = "{{text}}" }}
receive = {{ note = "{{text}}" }}
[send_to_user]
channel = "liar_core_notifications"
path = "/notify/{{user.id}}"
json = {{ title = "{{text}}" }}
receive = {{ title = "{{text}}" }}
as = "root"
[promises]
delivery_s = 1.0
"""


def started_liar(folder: Path, *lies: str, every: int = 20, text: str = "", certificate: Path | None = None) -> Path:
    """Write the target file of a liar that the harness starts itself, with `text` at its end, and return it."""
    command = ["{python}", str(Path(__file__).with_name("liar.py")), "--port", "{port}", "--every", str(every)]
    if certificate is not None:
        command += ["--certificate", str(certificate)]
    start = f"start = {json.dumps([*command, '--lies', *lies])}"
    file = folder / "liar.toml"
    url = f"{'https' if certificate else 'http'}://127.0.0.1:{{port}}"
    file.write_text(liar_text(url).replace("ready = ", f"{start}\nready = ", 1) + text, "utf-8")
    return file


def liar_text(url: str) -> str:
    """Return the target file of a liar that answers at `url`."""
    return LIAR.format(url=url)
