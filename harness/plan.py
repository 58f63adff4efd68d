"""Plans: an ordered list of steps, as data, with one sentence a step as its only written form.

References are abstract (browser "a", tab "a/2", user "ada"), so that leaving any step out keeps a plan valid. Knows
nothing of how a step is carried out. The sentences are the same in scenarios/*.toml, repro files and reports.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NewType, TypeAlias

import msgspec

from harness.errors import PlanError, did_you_mean

BrowserId = NewType("BrowserId", str)
TabId = NewType("TabId", str)
ROLES = ("ada", "bob", "cyd", "dan", "eve", "fay")
"""Names of ordinary users in plans; the nth stands for the nth ordinary user of the target."""


@dataclass(frozen=True, slots=True)
class Tab:
    """Tab `number` (from 1) of browser `browser`.

    In the wire world a browser is one connection and only tab 1 exists.
    """

    browser: BrowserId
    number: int = 1

    @property
    def id(self) -> TabId:
        return TabId(f"{self.browser}/{self.number}")


@dataclass(frozen=True, slots=True)
class Open:
    """Open a tab; on the wire, open the browser's connection. `origin` replaces the target's own."""

    tab: Tab
    origin: str | None = None

    def __str__(self) -> str:
        return f"open {self.tab.id}" + (f" from {self.origin}" if self.origin else "")


@dataclass(frozen=True, slots=True)
class Close:
    """Close a tab as a person does; on the wire, close the connection politely."""

    tab: Tab

    def __str__(self) -> str:
        return f"close {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Drop:
    """End the connection without a close frame (wire) or crash the tab (page)."""

    tab: Tab

    def __str__(self) -> str:
        return f"crash {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Reload:
    """Reload a tab; on the wire, close and open again."""

    tab: Tab

    def __str__(self) -> str:
        return f"reload {self.tab.id}"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign a browser in through one of its tabs; a browser that is signed in becomes the other user."""

    tab: Tab
    user: str
    keep_socket: bool = False

    def __str__(self) -> str:
        return f"sign {self.tab.id} in as {self.user}" + (" keeping the socket" if self.keep_socket else "")


@dataclass(frozen=True, slots=True)
class SignOut:
    """Sign a browser out through one of its tabs; a ghost keeps its old socket open and ignores the sign-out."""

    tab: Tab
    keep_socket: bool = False

    def __str__(self) -> str:
        return f"sign {self.tab.id} out" + (" keeping the socket" if self.keep_socket else "")


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Have the server broadcast `times` messages, one after the other; `tab` names the browser that asks for it."""

    times: int = 1
    tab: Tab | None = None
    text: str = ""

    def __str__(self) -> str:
        return "broadcast" + _times(self.times) + (f" from {self.tab.id}" if self.tab else "") + _with(self.text)


@dataclass(frozen=True, slots=True)
class SendToUser:
    """Have the server send `times` private messages to a user, one after the other."""

    user: str
    times: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"send_to_user {self.user}" + _times(self.times) + _with(self.text)


@dataclass(frozen=True, slots=True)
class SendToLookAlikes:
    """Have the server send one private message to each id that resembles the user's and belongs to nobody (ISO-3)."""

    user: str

    def __str__(self) -> str:
        return f"send_to_user look-alikes of {self.user}"


@dataclass(frozen=True, slots=True)
class Echo:
    """Send `times` messages on the echo channel from a tab, without waiting for the replies."""

    tab: Tab
    times: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"echo {self.tab.id}" + _times(self.times) + _with(self.text)


@dataclass(frozen=True, slots=True)
class SendOn:
    """Send a message of the echo's form on another channel id, which nobody handles (RT-2)."""

    tab: Tab
    channel: str

    def __str__(self) -> str:
        return f"send {self.tab.id} on {json.dumps(self.channel)}"


@dataclass(frozen=True, slots=True)
class SendOnNearMisses:
    """Send the echo's message on each id that a careless comparison takes for the echo's channel (RT-2)."""

    tab: Tab

    def __str__(self) -> str:
        return f"send {self.tab.id} on near misses of the echo"


@dataclass(frozen=True, slots=True)
class Settle:
    """Wait until all that must arrive has arrived, or its promise has run out."""

    def __str__(self) -> str:
        return "settle"


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop the target's process (at once with `kill`) and start it again on the same address."""

    kill: bool = False

    def __str__(self) -> str:
        return "kill and restart the server" if self.kill else "restart the server"


Step: TypeAlias = (
    Open
    | Close
    | Drop
    | Reload
    | SignIn
    | SignOut
    | Broadcast
    | SendToUser
    | SendToLookAlikes
    | Echo
    | SendOn
    | SendOnNearMisses
    | Settle
    | Restart
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A named list of steps; `summary` is what must hold, `worlds` where it makes sense, `needs` beyond the steps'."""

    name: str
    steps: tuple[Step, ...]
    summary: str = ""
    worlds: tuple[str, ...] = ("wire", "page")
    proves: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """The steps as sentences."""
        return [str(step) for step in self.steps]

    @property
    def needs(self) -> frozenset[str]:
        """What a world or target must offer: "tabs", "restart"."""
        found = set()
        for step in self.steps:
            tab = getattr(step, "tab", None)
            if isinstance(tab, Tab) and tab.number > 1:
                found.add("tabs")
            if isinstance(step, Restart):
                found.add("restart")
        return frozenset(found)

    @property
    def users(self) -> tuple[str, ...]:
        """The roles that appear, in the order of ROLES, then others in order of appearance."""
        named = dict.fromkeys(
            step.user for step in self.steps if isinstance(step, SignIn | SendToUser | SendToLookAlikes)
        )
        return (*(role for role in ROLES if role in named), *(user for user in named if user not in ROLES))


_TAB = r"(?P<tab>[a-z][a-z0-9]*(?:/[1-9][0-9]*)?)"
_KEEP = r"(?P<keep> keeping the socket)?"
_TIMES = r"(?: (?P<times>[1-9][0-9]{0,4}) times)?"
_WITH = r"(?: with (?P<text>\".*\"))?"
_USER = r"(?P<user>[^\s\"]+)"

_GRAMMAR: tuple[tuple[re.Pattern[str], Callable[[dict[str, str | None]], Step]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), build)
    for pattern, build in (
        (rf"open {_TAB}(?: from (?P<origin>\S+))?", lambda m: Open(_tab(m), m["origin"])),
        (rf"close {_TAB}", lambda m: Close(_tab(m))),
        (rf"crash {_TAB}", lambda m: Drop(_tab(m))),
        (rf"reload {_TAB}", lambda m: Reload(_tab(m))),
        (
            rf"sign {_TAB} in as {_USER}{_KEEP}",
            lambda m: SignIn(_tab(m), str(m["user"]), m["keep"] is not None),
        ),
        (rf"sign {_TAB} out{_KEEP}", lambda m: SignOut(_tab(m), m["keep"] is not None)),
        (
            rf"broadcast{_TIMES}(?: from {_TAB})?{_WITH}",
            lambda m: Broadcast(_count(m), _tab(m) if m["tab"] else None, _text(m)),
        ),
        (rf"send_to_user look-alikes of {_USER}", lambda m: SendToLookAlikes(str(m["user"]))),
        (rf"send_to_user {_USER}{_TIMES}{_WITH}", lambda m: SendToUser(str(m["user"]), _count(m), _text(m))),
        (rf"echo {_TAB}{_TIMES}{_WITH}", lambda m: Echo(_tab(m), _count(m), _text(m))),
        (rf"send {_TAB} on (?P<channel>\".*\")", lambda m: SendOn(_tab(m), json.loads(str(m["channel"])))),
        (rf"send {_TAB} on near misses of the echo", lambda m: SendOnNearMisses(_tab(m))),
        (r"settle", lambda _: Settle()),
        (r"(?P<kill>kill and )?restart the server", lambda m: Restart(m["kill"] is not None)),
    )
)
EXAMPLES = (
    "open a/1",
    "open a/1 from http://evil.example",
    "close a/1",
    "crash a/1",
    "reload a/1",
    "sign a/1 in as ada",
    "sign a/1 out",
    "sign a/1 out keeping the socket",
    "broadcast 3 times from a/1",
    "send_to_user ada",
    "send_to_user look-alikes of ada",
    "echo a/1 2 times",
    'send a/1 on "other"',
    "send a/1 on near misses of the echo",
    "settle",
    "restart the server",
    "kill and restart the server",
)
"""One sentence of each form."""


def parse_step(sentence: str, *, where: str = "a plan") -> Step:
    """Return the step that `sentence` says.

    Raises:
        PlanError: no form fits; the nearest is named.
    """
    for pattern, build in _GRAMMAR:
        hit = pattern.fullmatch(sentence.strip())
        if hit:
            try:
                return build(hit.groupdict())
            except ValueError:
                break
    raise PlanError("this is not a step", where=f"{where}: {sentence!r}", todo=did_you_mean(sentence, EXAMPLES))


class _PlanForm(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    steps: list[str]
    summary: str = ""
    worlds: Annotated[tuple[Literal["wire", "page", "simulation"], ...], msgspec.Meta(min_length=1)] = ("wire", "page")
    proves: tuple[str, ...] = ()


class _ScenarioForm(msgspec.Struct, forbid_unknown_fields=True):
    plan: list[_PlanForm]


def load_plans(path: Path) -> list[Plan]:
    """Return the plans of a scenario file, a TOML file with one `[[plan]]` table a plan.

    Raises:
        PlanError: the file cannot be read or a table or step in it is wrong.
    """
    try:
        form = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _ScenarioForm)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PlanError(
            "the scenario file cannot be read",
            where=f"{path}: {error}",
            todo="each plan is a [[plan]] table with name, steps and, if you like, summary, worlds, proves",
        ) from error
    return [_plan(each, where=f"{path}, plan {each.name!r}") for each in form.plan]


def dump_plan(plan: Plan) -> dict[str, object]:
    """Return the plan as JSON-ready data; `read_plan` gives it back."""
    return {
        "name": plan.name,
        "steps": plan.words,
        "summary": plan.summary,
        "worlds": list(plan.worlds),
        "proves": list(plan.proves),
    }


def read_plan(data: object, *, where: str) -> Plan:
    """Return the plan that `dump_plan` wrote.

    Raises:
        PlanError: the data has another shape.
    """
    try:
        return _plan(msgspec.convert(data, _PlanForm), where=where)
    except msgspec.ValidationError as error:
        raise PlanError(
            "the plan cannot be read", where=f"{where}: {error}", todo="use a file that onesocket wrote"
        ) from error


def _plan(form: _PlanForm, *, where: str) -> Plan:
    steps = tuple(parse_step(each, where=where) for each in form.steps)
    return Plan(form.name, steps, form.summary, form.worlds, form.proves)


def _tab(groups: dict[str, str | None]) -> Tab:
    browser, _, number = str(groups["tab"]).partition("/")
    return Tab(BrowserId(browser), int(number or 1))


def _count(groups: dict[str, str | None]) -> int:
    return int(groups["times"] or 1)


def _text(groups: dict[str, str | None]) -> str:
    return str(json.loads(groups["text"])) if groups["text"] else ""


def _times(times: int) -> str:
    return "" if times == 1 else f" {times} times"


def _with(text: str) -> str:
    return f" with {json.dumps(text)}" if text else ""
