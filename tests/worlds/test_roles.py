"""Who the roles of a plan are on a target: its ordinary users in turn, and whoever makes it publish."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.errors import CapabilityMissing
from harness.plan import Plan, parse_step
from harness.targets.file import Target, load_target
from harness.trials import reference_file
from harness.worlds.laboratory import Laboratory
from harness.worlds.world import Recorder

PLAN = Plan("p", (parse_step("sign p in as publisher"),))


def recorder(target: Target) -> Recorder:
    return Recorder(target, world="wire", plan="p", clock=lambda: 0.0)


@pytest.fixture
def target() -> Target:
    return load_target(reference_file())


@pytest.fixture
def open_target(target: Target) -> Target:
    """A target of which anybody may ask to publish."""
    capabilities = msgspec.structs.replace(target.capabilities, revoke=None)
    send_to_user = msgspec.structs.replace(target.send_to_user, as_=None)
    return msgspec.structs.replace(target, send_to_user=send_to_user, capabilities=capabilities)


def test_a_role_is_an_ordinary_user_in_turn_or_the_publisher(target: Target, tmp_path: Path) -> None:
    assert [recorder(target).user_name(role) for role in ("ada", "cyd", "admin", "publisher")] == [
        "ada", "cyd", "admin", "admin",
    ]  # fmt: skip
    assert Laboratory(target, tmp_path).refusal(PLAN, world="wire") is None


def test_where_anybody_may_publish_nobody_is_the_publisher(open_target: Target, tmp_path: Path) -> None:
    with pytest.raises(CapabilityMissing):
        recorder(open_target).user_name("publisher")
    refusal = Laboratory(open_target, tmp_path).refusal(PLAN, world="wire")
    assert refusal is not None
    assert "no user for publisher" in refusal.what
