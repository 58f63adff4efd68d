"""The target file: its shape, and errors that name file, key, value and what is allowed.

Knows TOML and the shape only; whether the live target answers to it is for `onesocket doctor`. Source: design §4.
"""

from __future__ import annotations

import sys
import tomllib
import typing
from pathlib import Path

import msgspec

from harness.errors import TargetFileError, did_you_mean
from harness.targets.consistency import check
from harness.targets.page import Page
from harness.wire.envelope import DEFAULT_ENVELOPE
from harness.wire.template import Json


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


PartT = typing.TypeVar("PartT", bound=Part)


class Socket(Part, frozen=True, kw_only=True):
    """Where the socket is and how a message looks. `ignore` lists shapes of traffic that is no message (greetings)."""

    path: str = "/ws"
    envelope: Json = msgspec.field(default_factory=lambda: DEFAULT_ENVELOPE)
    ignore: tuple[Json, ...] = ()
    codec: str | None = None
    subprotocols: tuple[str, ...] = ()


class User(Part, frozen=True, kw_only=True):
    """A user of the target: the id that `send_to_user` takes, and what a sign-in is handed."""

    id: int | str
    login: dict[str, Json] = {}


class Csrf(Part, frozen=True, kw_only=True):
    """A GET before the action whose page holds a token: in an input or JSON key named `field`, sent as `send_as`."""

    path: str
    field: str
    send_as: str | None = None
    header: str | None = None


class Action(Part, frozen=True, kw_only=True):
    """One HTTP request; strings in it are templates. `as_` (written `as`) names the user whose session makes it."""

    path: str
    method: str = "POST"
    json: Json = None
    form: dict[str, Json] | None = None
    headers: dict[str, str] = {}
    csrf: Csrf | None = None
    as_: str | None = msgspec.field(default=None, name="as")


class Publish(Action, frozen=True, kw_only=True):
    """A request that makes the server publish on `channel`; `receive` is the data that a client is handed."""

    channel: str
    receive: Json = "{data}"


class Echo(Part, frozen=True, kw_only=True):
    """A channel that answers: what a client sends, and what comes back on the same channel."""

    channel: str
    send: Json
    receive: Json


class Client(Part, frozen=True, kw_only=True):
    """The client's bundle, for the simulation."""

    bundle: str
    factory: str


class Promises(Part, frozen=True, kw_only=True):
    """Every deadline of a check, in seconds, and the largest message, in bytes.

    What is None is not promised, and the requirements that need it are not tried: `handshake_s` until an unfinished
    handshake is dropped, `half_open_s` until a peer that is gone without a word is (with LC-6 in `meets`: at either
    end), `slow_reader_s` until a reader that stopped reading is (or what it missed is shed), `stop_s` until a stopped
    server has closed every connection, `flood_per_s` messages a second of one connection and `max_connections` of one
    user that are let through.
    `meets` names requirements beyond the core that are promised too; "ext" stands for all of them, "all" for the
    whole catalogue: what only warns elsewhere counts too.
    """

    failover_s: float = 1.0
    reconnect_s: float = 5.0
    sign_out_s: float = 1.0
    revoke_s: float = 1.0
    delivery_s: float = 5.0
    max_message_bytes: int = 1048576
    handshake_s: float | None = None
    half_open_s: float | None = None
    slow_reader_s: float | None = None
    stop_s: float = 5.0
    flood_per_s: int | None = None
    max_connections: int | None = None
    meets: tuple[str, ...] = ()


class Whoami(Part, frozen=True, kw_only=True):
    """A channel that answers who its sender is: `receive` holds "{user.id}", where a guest gets what `guest` is."""

    channel: str
    send: Json = msgspec.field(default_factory=dict)
    receive: Json
    guest: Json = None


class FaultyChannel(Part, frozen=True, kw_only=True):
    """A channel whose handler throws when it is sent `send`."""

    channel: str
    send: Json


class Capabilities(Part, frozen=True, kw_only=True):
    """What the target can do beyond the core; what is not declared is skipped and named in the report.

    `whoami` and `faulty` are channels, `revoke` ends all sessions of a user, `rotate` gives the browser that asks a new
    session cookie, `introspect` tells what the server holds. `expiry` has `ttl_s`, alone (sessions of the ordinary
    sign-in live that long) or with the keys of a sign-in whose session does; see `capability.expiry_of`. `instances` is
    how many of the target onesocket may start to run together (each with `start`; see `Broker`), or the urls of those
    that run already, besides `url`.
    """

    revoke: Action | None = None
    expiry: dict[str, Json] | None = None
    restart: bool | None = None
    instances: int | tuple[str, ...] = ()
    rooms: bool = False
    whoami: Whoami | None = None
    rotate: Action | None = None
    faulty: FaultyChannel | None = None
    slow: Echo | None = None
    deflate: bool = False
    no_history: bool = False
    recovery: bool = False
    introspect: Action | None = None

    @property
    def acting_users(self) -> tuple[str, ...]:
        """The users that an `as` of a capability names."""
        actions = (self.revoke, self.rotate, self.introspect)
        named = [each.as_ for each in actions if each is not None and each.as_ is not None]
        of_expiry = (self.expiry or {}).get("as")
        return (*named, *([of_expiry] if isinstance(of_expiry, str) else []))


class Broker(Part, frozen=True, kw_only=True):
    """What several instances share, Redis for one. With {broker_port} in `url`, onesocket starts it: `start`, or a
    redis-server. Without, it runs already and is never stopped.

    `arguments` and `env` are added to the target's `start` and `env` where instances run together; a `start` that names
    {broker_url} by itself needs none. They may also name {instance}, its number from 1, {scratch}, a folder that the
    instances of one application share, and {app}: with it a second application of the name `apps[1]` is started on the
    same broker, and the two must not hear each other.
    """

    url: str
    start: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    env: dict[str, str] = {}
    apps: tuple[str, str] = ("onesocket-one", "onesocket-two")

    @property
    def ours(self) -> bool:
        """Whether onesocket starts it, and may stop it."""
        return "{broker_port}" in self.url

    @property
    def speaks_redis(self) -> bool:
        """Whether messages can be put on it from outside."""
        return self.url.startswith(("redis://", "rediss://"))


class Target(Part, frozen=True, kw_only=True):
    """A whole target file. `origin` is the file it was read from."""

    name: str
    url: str
    start: tuple[str, ...] = ()
    env: dict[str, str] = {}
    ready: str = "/"
    ready_s: float = 30.0
    socket: Socket = msgspec.field(default_factory=Socket)
    users: dict[str, User]
    sign_in: Action
    sign_out: Action
    echo: Echo
    broadcast: Publish
    send_to_user: Publish
    page: Page | None = None
    client: Client | None = None
    promises: Promises = msgspec.field(default_factory=Promises)
    capabilities: Capabilities = msgspec.field(default_factory=Capabilities)
    broker: Broker | None = None
    load: dict[str, Json] = {}

    @property
    def ordinary_users(self) -> tuple[str, ...]:
        """Users that no `as` names, in the order of the file."""
        special = {self.broadcast.as_, self.send_to_user.as_, *self.capabilities.acting_users}
        return tuple(name for name in self.users if name not in special)

    @property
    def publisher(self) -> str | None:
        """The user whose session makes the server publish, where an `as` names one."""
        named = (self.send_to_user.as_, self.broadcast.as_, *self.capabilities.acting_users)
        return next((name for name in named if name is not None), None)

    @property
    def can_restart(self) -> bool:
        """Whether onesocket may stop and start the target: it started it, and the file does not forbid it."""
        return bool(self.start) and self.capabilities.restart is not False

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of the file, each once."""
        return tuple(dict.fromkeys((self.echo.channel, self.broadcast.channel, self.send_to_user.channel)))


def load_target(path: Path) -> Target:
    """Read and check a target file.

    Raises:
        TargetFileError: it cannot be read, or a key, type or value in it is wrong.
    """
    try:
        data: dict[str, Json] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise TargetFileError(
            "there is no such target file", where=str(path), todo="write one with: onesocket init"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise TargetFileError(
            "the target file cannot be read", where=f"{path}: {error}", todo="check the path"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise TargetFileError(
            "the target file is not TOML", where=f"{path}: {error}", todo="mend the line it names"
        ) from error
    target = parse_target(data, where=str(path))
    folder = str(path.resolve().parent)
    own_code = target.socket.codec or (target.page.driver if target.page else None)
    if own_code is not None and folder not in sys.path:
        sys.path.append(folder)
    return target


def parse_target(data: dict[str, Json], *, where: str) -> Target:
    """Return the target that `data` describes; `where` names its source in errors.

    Raises:
        TargetFileError: a key is unknown or missing, a value is of the wrong type, or parts contradict each other.
    """
    _refuse_unknown_keys(data, Target, where=where, table="")
    users = data.get("users")
    for name, user in users.items() if isinstance(users, dict) else ():
        _convert(user, User, at=f"users.{name}", where=where)  # by itself, so that an error names the user
    target = _convert(data, Target, at="", where=where)
    check(target, where=where)
    return target


def _convert(value: Json, kind: type[PartT], *, at: str, where: str) -> PartT:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        inner = place.strip("`.")
        key = ".".join(each for each in (at, inner) if each) or "the file"
        shown = _look_up(value, inner) if inner else value
        raise TargetFileError(
            what,
            where=f"{where}: {key}" + (f" = {shown!r}" if at or inner else ""),
            todo="see `onesocket init` for a commented file with every key",
        ) from error


def _refuse_unknown_keys(data: object, kind: type[msgspec.Struct], *, where: str, table: str) -> None:
    if not isinstance(data, dict):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in data.items():
        if key not in fields:
            raise TargetFileError(
                f"unknown key {key!r}",
                where=f"{where}: {f'[{table}] ' if table else ''}{key} = {value!r}",
                todo=did_you_mean(key, fields),
            )
        inner = f"{table}.{key}" if table else key
        for part in _parts_of(fields[key]):
            _refuse_unknown_keys(value, part, where=where, table=inner)
        if fields[key] == dict[str, User] and isinstance(value, dict):
            for name, user in value.items():
                _refuse_unknown_keys(user, User, where=where, table=f"{inner}.{name}")


def _parts_of(annotation: object) -> list[type[msgspec.Struct]]:
    if typing.get_origin(annotation) is dict:
        return []
    options = (annotation, *typing.get_args(annotation))
    return [each for each in options if isinstance(each, type) and issubclass(each, msgspec.Struct)]


def _look_up(data: Json, key: str) -> Json:
    for name in key.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data
