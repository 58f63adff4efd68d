"""Steps of sessions over time: races with a handshake, old cookies, revocation, expiry, renewal, asking who one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, USER, Form, Tab


@dataclass(frozen=True, slots=True)
class SendToNobody:
    """Have the server send one private message to an id that could be a user's and is nobody's (ISO-4)."""

    def __str__(self) -> str:
        return "send_to_user somebody unknown"


@dataclass(frozen=True, slots=True)
class SendToOddIds:
    """Have the server send one private message each to what is no id and to other forms of a user's (ISO-3, ISO-5)."""

    user: str

    def __str__(self) -> str:
        return f"send_to_user odd ids of {self.user}"


@dataclass(frozen=True, slots=True)
class OpenWithOldCookie:
    """Open a connection with the cookies that the browser had before its last sign-in or sign-out (ID-5)."""

    tab: Tab

    def __str__(self) -> str:
        return f"open {self.tab.id} with its old cookie"


@dataclass(frozen=True, slots=True)
class ChangeUserWhileOpening:
    """Sign in as `user`, or out (None), while a handshake is under way; keep that socket, and open another (ID-11).

    The request goes out `after_ms` after the whole handshake did, or, with None, while the end of the handshake is held
    back until the request was answered.
    """

    tab: Tab
    user: str | None
    after_ms: int | None = None

    def __str__(self) -> str:
        how = "while its handshake is held back"
        if self.after_ms is not None:
            how = f"{self.after_ms} ms into its handshake"
        return f"sign {self.tab.id} {f'in as {self.user}' if self.user else 'out'} {how}"


@dataclass(frozen=True, slots=True)
class SignInForAWhile:
    """Sign a browser in for a session that ends by itself (ID-9)."""

    tab: Tab
    user: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"expiry"})

    def __str__(self) -> str:
        return f"sign {self.tab.id} in as {self.user} for a short while"


@dataclass(frozen=True, slots=True)
class Expire:
    """Do nothing in this browser until the time of its session has passed (ID-9)."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"expiry"})

    def __str__(self) -> str:
        return f"let the session of {self.tab.id} expire"


@dataclass(frozen=True, slots=True)
class Revoke:
    """Have the server end all sessions of a user (ID-8)."""

    user: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"revoke"})

    def __str__(self) -> str:
        return f"revoke {self.user}"


@dataclass(frozen=True, slots=True)
class Rotate:
    """Renew the browser's session cookie, and keep its sockets (ID-10)."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"rotate"})

    def __str__(self) -> str:
        return f"renew the session of {self.tab.id}"


@dataclass(frozen=True, slots=True)
class AskWho:
    """Ask the server on each open socket of a tab, kept ones too, whose it is (ID-4)."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"whoami"})

    def __str__(self) -> str:
        return f"ask {self.tab.id} who it is"


IdentityStep: TypeAlias = (
    SendToNobody
    | SendToOddIds
    | OpenWithOldCookie
    | ChangeUserWhileOpening
    | SignInForAWhile
    | Expire
    | Revoke
    | Rotate
    | AskWho
)
_INTO = r"(?P<after>0|[1-9][0-9]{0,3}) ms into its handshake"
_HELD = r"while its handshake is held back"
FORMS: tuple[Form[IdentityStep], ...] = (
    Form(r"send_to_user somebody unknown", lambda _: SendToNobody(), "send_to_user somebody unknown"),
    Form(rf"send_to_user odd ids of {USER}", lambda words: SendToOddIds(words["user"]), "send_to_user odd ids of ada"),
    Form(
        rf"open {TAB} with its old cookie", lambda words: OpenWithOldCookie(words.tab), "open a/1 with its old cookie"
    ),
    Form(
        rf"sign {TAB} (?:in as {USER}|out) {_HELD}",
        lambda words: ChangeUserWhileOpening(words.tab, words["user"] or None),
        "sign a/1 in as ada while its handshake is held back",
    ),
    Form(
        rf"sign {TAB} (?:in as {USER}|out) {_INTO}",
        lambda words: ChangeUserWhileOpening(words.tab, words["user"] or None, int(words["after"])),
        "sign a/1 out 5 ms into its handshake",
    ),
    Form(
        rf"sign {TAB} in as {USER} for a short while",
        lambda words: SignInForAWhile(words.tab, words["user"]),
        "sign a/1 in as ada for a short while",
    ),
    Form(rf"let the session of {TAB} expire", lambda words: Expire(words.tab), "let the session of a/1 expire"),
    Form(rf"revoke {USER}", lambda words: Revoke(words["user"]), "revoke ada"),
    Form(rf"renew the session of {TAB}", lambda words: Rotate(words.tab), "renew the session of a/1"),
    Form(rf"ask {TAB} who it is", lambda words: AskWho(words.tab), "ask a/1 who it is"),
)
