"""The liar's target file."""

from __future__ import annotations

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


def liar_text(url: str) -> str:
    """Return the target file of a liar that answers at `url`."""
    return LIAR.format(url=url)
