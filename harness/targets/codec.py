"""The codec of a target: its envelope template, or the class that its file names.

It is named as `[socket] codec = "package.module:Class"`. Such a class is made
without arguments and has the two methods of `wire.envelope.Codec`.
"""

from __future__ import annotations

from importlib import import_module

from harness.errors import TargetFileError
from harness.targets.file import Target
from harness.wire.envelope import Codec, TemplateCodec


def codec_of(target: Target) -> Codec:
    """Return the codec that the target file describes.

    Raises:
        TargetFileError: the class cannot be imported or made, or lacks a method.
    """
    named = target.socket.codec
    if named is None:
        return TemplateCodec(target.socket.envelope, target.socket.ignore)
    module, _, name = named.partition(":")
    try:
        codec = getattr(import_module(module), name)()
    except Exception as error:  # whatever the user's own module raises is theirs to read
        raise _refusal(named, f"{type(error).__name__}: {error}") from error
    missing = [each for each in ("encode", "decode") if not callable(getattr(codec, each, None))]
    if missing:
        raise _refusal(named, f"it has no method {missing[0]}")
    found: Codec = codec
    return found


def _refusal(named: str, why: str) -> TargetFileError:
    return TargetFileError(
        f"the codec cannot be used: {why}",
        where=f"[socket] codec = {named!r}",
        todo='write it like "package.module:Class"; the folder of the target file is searched too',
    )
