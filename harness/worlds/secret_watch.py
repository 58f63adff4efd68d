"""Looks at all that connections are sent for the values of the cookies that the browsers were given (EN-7).

Records that one was seen, never its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.history import AnyEvent, ConnectionClosed, ConnectionOpened, Malformed, Received, SecretShown
from harness.targets.file import Target
from harness.worlds.wire_browser import WireBrowser
from harness.worlds.world import Recorder

SHORTEST_SECRET_CHARS = 16
_NO_SECRETS = ("csrf", "xsrf", "lang", "locale", "theme")


class SecretWatch:
    """Listens to a history; `browsers` gives those that have cookies."""

    def __init__(self, recorder: Recorder, *, browsers: Callable[[], Iterable[WireBrowser]]) -> None:
        self._recorder = recorder
        self._browsers = browsers
        self._secrets: dict[str, tuple[str, str]] = {}
        self._public = _public_values(recorder.target)

    def look(self, event: AnyEvent) -> None:
        """Record it if what was just received shows a cookie; called with each event."""
        match event:
            case ConnectionOpened():
                self._collect()
            case Received():
                self._search(event.observer, repr(event.data))
            case Malformed():
                self._search(event.observer, event.raw)
            case ConnectionClosed():
                self._search(event.connection, event.reason)
            case _:
                pass

    def _collect(self) -> None:
        for browser in self._browsers():
            for part in (browser.session.cookie_header or "").split(";"):
                name, _, value = part.strip().partition("=")
                secret = len(value) >= SHORTEST_SECRET_CHARS and value not in self._public
                if secret and not any(word in name.lower() for word in _NO_SECRETS):
                    self._secrets[value] = (browser.name, name)

    def _search(self, observer: str, text: str) -> None:
        for value, (browser, name) in self._secrets.items():
            if value in text:
                at_s = self._recorder.now()
                self._recorder.record(SecretShown(at_s=at_s, observer=observer, browser=browser, name=name))
                return


def _public_values(target: Target) -> set[str]:
    users = target.users.values()
    return {str(value) for user in users for value in (user.id, *user.login.values())}
