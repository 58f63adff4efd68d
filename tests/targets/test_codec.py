"""Codecs that a target file names, and targets that an installed package offers."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from harness.errors import TargetFileError
from harness.targets import locate
from harness.targets.codec import codec_of
from harness.targets.file import Target, load_target
from harness.targets.locate import locate_target
from harness.trials import reference_file
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope, TemplateCodec

CODEC = """
from harness.wire.envelope import Envelope, NotAnEnvelope

class Codec:
    def encode(self, envelope):
        return f"{envelope.channel}|{envelope.data}"

    def decode(self, text):
        channel, bar, data = text.partition("|")
        return Envelope(channel, data) if bar else NotAnEnvelope("no bar")

class Half:
    def encode(self, envelope):
        return ""
"""


def written(folder: Path, codec: str) -> Target:
    text = reference_file().read_text("utf-8").replace("[socket]", f'[socket]\ncodec = "{codec}"')
    (folder / "bar_codec.py").write_text(CODEC, "utf-8")
    (folder / "target.toml").write_text(text, "utf-8")
    return load_target(folder / "target.toml")


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    monkeypatch.delitem(__import__("sys").modules, "bar_codec", raising=False)


def test_without_a_codec_the_envelope_is_the_template() -> None:
    assert isinstance(codec_of(load_target(reference_file())), TemplateCodec)


def test_a_class_beside_the_target_file_is_found(tmp_path: Path) -> None:
    codec = codec_of(written(tmp_path, "bar_codec:Codec"))
    envelope = Envelope(ChannelId("a_b_c"), "hello")
    assert codec.decode(codec.encode(envelope)) == envelope


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("no_such_module:Codec", "ModuleNotFoundError"),
        ("bar_codec:Nothing", "AttributeError"),
        ("bar_codec:Half", "it has no method decode"),
    ],
)
def test_a_codec_that_cannot_be_used_is_told_in_three_lines(tmp_path: Path, named: str, why: str) -> None:
    with pytest.raises(TargetFileError, match=why) as caught:
        codec_of(written(tmp_path, named))
    assert named in caught.value.where
    assert len(str(caught.value).splitlines()) == 3


def offered() -> Path:
    return reference_file()


def failing() -> Path:
    raise RuntimeError("not today")


def test_a_package_offers_a_target_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint(name, f"{__name__}:{name}", locate.GROUP) for name in ("offered", "failing")]
    monkeypatch.setattr(EntryPoint, "load", lambda self: {"offered": offered, "failing": failing}[self.name])
    monkeypatch.setattr(locate, "entry_points", lambda *, group: EntryPoints(points).select(group=group))
    assert locate_target("offered") == reference_file()
    assert locate_target("no_such_file.toml") == Path("no_such_file.toml")
    with pytest.raises(TargetFileError, match="not today"):
        locate_target("failing")
