"""What must fit together in a target file, beyond the shape of each key; errors name the key and what to write.

Knows nothing of how a file is read.
"""

from __future__ import annotations

import typing
from collections.abc import Callable

import msgspec

from harness.errors import TargetFileError, did_you_mean
from harness.requirement import requirements
from harness.wire.template import placeholders

if typing.TYPE_CHECKING:
    from harness.targets.file import Target

EVERY_EXT, EVERYTHING = "ext", "all"
"""What `[promises] meets` takes for every requirement beyond the core, and for the whole catalogue: what it recommends,
and the lesser half of what it demands, too."""
Refuse: typing.TypeAlias = Callable[[str, str, str], typing.NoReturn]


def check(target: Target, *, where: str) -> None:
    """Refuse a target whose parts contradict each other; `where` names the file.

    Raises:
        TargetFileError: with the key, and what to write instead.
    """

    def refuse(what: str, key: str, todo: str) -> typing.NoReturn:
        raise TargetFileError(what, where=f"{where}: {key}", todo=todo)

    if not target.url.startswith(("http://", "https://")):
        refuse("the url is not http or https", f"url = {target.url!r}", 'write it like "http://127.0.0.1:8080"')
    publishing = (("broadcast", target.broadcast), ("send_to_user", target.send_to_user))
    acting = [(key, each.as_) for key, each in publishing if each.as_ is not None]
    acting += [("capabilities", each) for each in target.capabilities.acting_users]
    for key, name in acting:
        if name not in target.users:
            refuse(f"no user is called {name!r}", f"[{key}] as", did_you_mean(name, target.users))
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
    _check_promises(target, refuse)
    _check_instances(target, refuse)
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


def _check_promises(target: Target, refuse: Refuse) -> None:
    for key, value in msgspec.structs.asdict(target.promises).items():
        if isinstance(value, int | float) and value <= 0:
            refuse("a promise is more than nothing", f"[promises] {key} = {value}", "leave out what is not promised")
    catalogue = requirements()
    for name in target.promises.meets:
        if name not in catalogue and name not in {EVERY_EXT, EVERYTHING}:
            refuse(
                f"no requirement is called {name!r}",
                f"[promises] meets = {list(target.promises.meets)}",
                f"{did_you_mean(name, (*catalogue, EVERY_EXT, EVERYTHING))} (see: onesocket list requirements)",
            )
    whoami = target.capabilities.whoami
    if whoami is not None and placeholders(whoami.receive) != {"user.id"}:
        refuse(
            "the answer does not say who",
            "[capabilities.whoami] receive",
            'write {user.id} where the id stands, like { id = "{user.id}" }',
        )


def _check_instances(target: Target, refuse: Refuse) -> None:
    instances, broker = target.capabilities.instances, target.broker
    own = (*target.start, *target.env.values())
    added = (*broker.arguments, *broker.env.values()) if broker else ()
    if isinstance(instances, int):
        if instances < 2:
            refuse(
                "several instances are two or more",
                f"[capabilities] instances = {instances}",
                "say how many to start, or give the urls of those that run already",
            )
        if not target.start or not any("{port}" in word for word in (*own, *added)):
            refuse(
                "several instances need a port each",
                f"[capabilities] instances = {instances}",
                "give the target's `start` with {port} in it, or the urls of instances that run already",
            )
    for url in instances if isinstance(instances, tuple) else ():
        if not url.startswith(("http://", "https://")):
            refuse(
                "the url is not http or https",
                f"[capabilities] instances: {url!r}",
                'write it like "http://127.0.0.1:8081"',
            )
    if broker is not None and broker.apps[0] == broker.apps[1]:
        refuse("two applications have the same name", "[broker] apps", "give two names")
    if broker is None and any("{broker_" in word for word in own):
        refuse(
            "no broker is declared",
            "start or env names {broker_url} or {broker_port}",
            'add a [broker] table with url = "redis://127.0.0.1:{broker_port}/0"',
        )
