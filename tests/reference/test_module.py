"""Channels and modules: what registration refuses, and what a handler is given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import UsageError
from harness.reference.app import create_app
from harness.reference.channel import broadcast_channel, channel
from harness.reference.context import Context
from harness.reference.module import Module, Registry, websocket
from harness.reference.modules.chat import EchoMessage, EchoReply


async def _answer(*, data: EchoMessage, send: Callable[[EchoReply], None], context: Context) -> None:  # noqa: ARG001
    send(EchoReply(data.message))


def test_an_id_is_plugin_module_and_name() -> None:
    assert broadcast_channel("changes", plugin="@vitnode/blog", module="posts", receive=EchoReply).id == (
        "@vitnode/blog_posts_changes"
    )


@pytest.mark.parametrize("part", ["", " ", "a b", "a\n"])
def test_a_part_that_is_empty_or_holds_space_is_refused(part: str) -> None:
    with pytest.raises(UsageError, match="part of a channel id"):
        broadcast_channel(part, plugin="p", module="m", receive=EchoReply)


def test_a_second_channel_with_the_same_full_id_is_refused_though_its_parts_differ() -> None:
    first = broadcast_channel("c", plugin="p", module="a_b", receive=EchoReply)
    second = broadcast_channel("b_c", plugin="p", module="a", receive=EchoReply)
    with pytest.raises(UsageError, match="p_a_b_c, in p/a_b and p/a"):
        Registry([Module("p", "a_b", channels=[first]), Module("p", "a", channels=[second])])


def test_an_application_with_two_channels_of_one_id_does_not_start() -> None:
    echo = channel("echo", plugin="p", module="m", send=EchoMessage, receive=EchoReply)
    socket = websocket(echo, on_message=_answer, description="")
    with pytest.raises(UsageError, match="same full id"):
        create_app(modules=[Module("p", "m", sockets=[socket]), Module("p", "m", channels=[echo])])


def test_a_channel_of_another_module_is_refused() -> None:
    foreign = broadcast_channel("c", plugin="p", module="other", receive=EchoReply)
    with pytest.raises(UsageError, match="does not belong"):
        Registry([Module("p", "m", channels=[foreign])])


def test_a_broadcast_only_channel_takes_no_handler() -> None:
    silent = broadcast_channel("c", plugin="p", module="m", receive=EchoReply)
    with pytest.raises(UsageError, match="broadcast-only"):
        websocket(silent, on_message=_answer, description="")


def test_data_of_another_type_is_refused_on_its_way_out() -> None:
    silent = broadcast_channel("c", plugin="p", module="m", receive=EchoReply)
    silent.check(EchoReply(""))
    with pytest.raises(TypeError, match="p_m_c carries EchoReply to clients, not EchoMessage"):
        silent.check(EchoMessage(""))  # type: ignore[arg-type]  # what mypy says too
