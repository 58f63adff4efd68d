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
from harness.wire.envelope import DEFAULT_ENVELOPE
from harness.wire.template import Json, placeholders


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


class Page(Part, frozen=True, kw_only=True):
    """The page that holds the client. `mounted`: it mounts this file's channels by itself (None: find out)."""

    path: str = "/"
    hooks: str | None = "window.realtime"
    mounted: bool | None = None


class Client(Part, frozen=True, kw_only=True):
    """The client's bundle, for the simulation."""

    bundle: str
    factory: str


class Promises(Part, frozen=True, kw_only=True):
    """Every deadline of a check, in seconds, and the largest message, in bytes."""

    failover_s: float = 1.0
    reconnect_s: float = 5.0
    sign_out_s: float = 1.0
    revoke_s: float = 1.0
    delivery_s: float = 5.0
    max_message_bytes: int = 1048576


class Capabilities(Part, frozen=True, kw_only=True):
    """What the target can do beyond the core; what is not declared is skipped and named in the report."""

    revoke: Action | None = None
    expiry: dict[str, Json] | None = None
    restart: bool | None = None
    instances: tuple[str, ...] = ()
    rooms: bool = False


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
    load: dict[str, Json] = {}

    @property
    def ordinary_users(self) -> tuple[str, ...]:
        """Users that no `as` names, in the order of the file."""
        special = {each.as_ for each in (self.broadcast, self.send_to_user, self.capabilities.revoke) if each}
        return tuple(name for name in self.users if name not in special)

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
    if target.socket.codec is not None and folder not in sys.path:
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
    _check(target, where=where)
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


def _check(target: Target, *, where: str) -> None:
    def refuse(what: str, key: str, todo: str) -> typing.NoReturn:
        raise TargetFileError(what, where=f"{where}: {key}", todo=todo)

    if not target.url.startswith(("http://", "https://")):
        refuse("the url is not http or https", f"url = {target.url!r}", 'write it like "http://127.0.0.1:8080"')
    publishing = (("broadcast", target.broadcast), ("send_to_user", target.send_to_user))
    revoking = (("capabilities.revoke", target.capabilities.revoke),)
    for key, each in (*publishing, *revoking):
        if each is not None and each.as_ is not None and each.as_ not in target.users:
            refuse(f"no user is called {each.as_!r}", f"[{key}] as", did_you_mean(each.as_, target.users))
    for key, action in publishing:
        carried = placeholders([action.path, action.json, dict(action.form or {}), *action.headers.values()])
        if "text" not in carried:
            refuse(
                "the request carries no {text}",
                f"[{key}]",
                "put {text} where a short text can ride: json, form or path",
            )
    if "text" not in placeholders(target.echo.send):
        refuse("the message carries no {text}", "[echo] send", 'write it like { message = "{text}" }')
    for key, receive in (
        ("echo", target.echo.receive),
        ("broadcast", target.broadcast.receive),
        ("send_to_user", target.send_to_user.receive),
    ):
        unknown = placeholders(receive) - {"text", "data"}
        if unknown or not placeholders(receive):
            refuse(
                "the data a client is handed must carry {text}",
                f"[{key}] receive",
                'write it like { note = "{text}" }',
            )
    whole = placeholders(target.socket.envelope)
    if target.socket.codec is None and whole != {"channel", "data"}:
        refuse(
            "the envelope needs {channel} and {data}",
            "[socket] envelope",
            'write it like { id = "{channel}", data = "{data}" }',
        )
    ids = [str(user.id) for user in target.users.values()]
    if len(set(ids)) < len(ids):
        refuse("two users have the same id", "[users]", "give each user the id that the target knows it by")
    if len(target.ordinary_users) < 2:
        refuse(
            "fewer than two ordinary users",
            f"[users] {', '.join(target.ordinary_users) or 'none'}",
            "declare two users besides those that an `as` names: isolation needs somebody to leak to",
        )
