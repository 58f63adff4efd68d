"""A made-up run with something of everything that a report can show: an imagined server, no measurement of any."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.checks.finding import Finding, LoadCounts, LoadOutcome, Outcome, WorkerLoad
from harness.history import (
    ConnectionClosed,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    History,
    IdentityChanged,
    IdentityChanging,
    PublishFinished,
    PublishStarted,
    Received,
    RunEnded,
    RunStarted,
    Sent,
    Settled,
    StepFinished,
    StepStarted,
)
from harness.plan import Plan, parse_step
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.requirement import requirements
from harness.wire.template import Json
from harness.wire.token import Token

STARTED = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
ENDED = STARTED + timedelta(seconds=127)
POSTS, NOTES, ECHO = "blog_posts_changes", "core_notifications", "blog_chat_echo"

LEAK_PLAN = Plan(
    name="a signed-out tab keeps its socket",
    steps=tuple(
        parse_step(each)
        for each in (
            "open a/1",
            "sign a/1 in as ada",
            "open b/1",
            "sign a/1 out keeping the socket",
            "send_to_user ada",
            "settle",
        )
    ),
    summary="After a sign-out no connection of that browser may get the user's messages",
    worlds=("wire",),
    proves=("ID-3", "ISO-2"),
)

LEAK = Finding(
    requirement="ISO-2",
    check="private_delivery",
    expected="no connection of a guest gets the private message of ada",
    seen="a#1, a guest since 1.204 s, was handed it at 1.611 s on core_notifications",
    observer="a#1",
    token="tok-7f3a-4",
    at=16,
    kind="leak",
)


def leak_history() -> History:
    """Return what the wire saw while LEAK_PLAN ran against a server that forgets to look at the session."""
    a, b = ConnectionId("a#1"), ConnectionId("b#1")
    token, probe = Token("tok-7f3a-4"), Token("tok-7f3a-1")
    note: Json = {"title": "tok-7f3a-4 You have 3 new messages 👋", "type": "info"}
    return History(
        [
            RunStarted(
                at_s=0.0,
                plan=LEAK_PLAN.name,
                world="wire",
                target="blog (dev)",
                users={"ada": "1", "bob": "2"},
                seed="42",
            ),
            StepStarted(at_s=0.001, index=0, step="open a/1"),
            ConnectionOpening(at_s=0.002, connection=a, browser="a"),
            ConnectionOpened(at_s=0.011, connection=a),
            Sent(at_s=0.012, token=probe, sender="a#1", channel=ECHO, kind="echo"),
            Received(at_s=0.018, observer="a#1", channel=ECHO, data={"reply": "You said: tok-7f3a-1"}, tokens=(probe,)),
            ConnectionReady(at_s=0.018, connection=a, probed=True),
            StepStarted(at_s=0.020, index=1, step="sign a/1 in as ada"),
            IdentityChanging(at_s=0.021, browser="a", user="ada"),
            IdentityChanged(at_s=0.097, browser="a", user="ada"),
            StepStarted(at_s=0.700, index=3, step="sign a/1 out keeping the socket"),
            IdentityChanging(at_s=1.190, browser="a", user=None),
            IdentityChanged(at_s=1.204, browser="a", user=None),
            StepFinished(at_s=1.205, index=3),
            StepStarted(at_s=1.602, index=4, step="send_to_user ada"),
            PublishStarted(
                at_s=1.603, token=token, kind="private", channel=NOTES, expected=note, to_user="ada", to_id="1"
            ),
            Received(at_s=1.611, observer="a#1", channel=NOTES, data=note, tokens=(token,)),
            PublishFinished(at_s=1.613, token=token, accepted=True, status=202),
            StepStarted(at_s=1.620, index=5, step="settle"),
            Settled(at_s=2.650, waited_s=1.03, complete=True),
            ConnectionClosed(at_s=2.660, connection=b, code=1000, by="client"),
            RunEnded(at_s=2.700),
        ]
    )


def rich_run(root: Path) -> RunFolder:
    """Write the run under `root` and return its folder."""
    scope: dict[str, tuple[str, ...]] = {
        each: ("wire",) for each in requirements() if each.split("-")[0] not in {"MI", "LIM"}
    }
    scope |= {each: ("page",) for each in requirements() if each.startswith("TAB")}
    meta = RunMeta(
        target="blog (dev)",
        target_file="blog.toml",
        url="http://127.0.0.1:8080",
        versions={"onesocket": "0.1.0", "python": "3.12.4", "websockets": "17.0", "chromium": "141.0"},
        seed="42",
        command="onesocket run --target blog.toml --seed 42",
        scope=scope,
    )
    folder = RunFolder.create(root, what="run", meta=meta, clock=lambda: STARTED)
    folder.add_outcome(
        Outcome(
            test="scenarios/isolation.toml: a signed-out tab keeps its socket",
            world="wire",
            findings=(LEAK,),
            held={"ID-1": 2, "ISO-1": 1},
            duration_s=2.7,
            seed="42",
        ),
        history=leak_history(),
        plan=LEAK_PLAN,
    )
    for each in (*_held(), *_broken(), *_not_judged()):
        folder.add_outcome(each)
    for load in _loads():
        folder.add_load(load)
    folder.add_note("Redis was not configured, so several instances were not tried.")
    folder.finish(clock=lambda: ENDED)
    return folder


def _held() -> list[Outcome]:
    areas = {
        "scenarios/handshake.toml: upgrades and refusals": ("HS", 3, {"HS-6"}),
        "scenarios/test_frames.py::test_broken_frames_end_one_connection": ("FR", 40, {"FR-9"}),
        "scenarios/test_envelope.py::test_any_text_comes_back": ("EN", 200, {"EN-6"}),
        "scenarios/test_routing.py::test_every_message_reaches_its_channel": ("RT", 120, set[str]()),
        "scenarios/test_walk.py::test_long_walks": ("ISO", 812, {"ISO-2", "ISO-8"}),
        "scenarios/order.toml: a burst arrives in order": ("ORD", 64, {"ORD-5"}),
        "scenarios/broadcast.toml: everyone, once": ("BC", 96, {"BC-4"}),
        "scenarios/identity.toml: sign-in and sign-out": ("ID", 12, {"ID-3", "ID-9", "ID-11", "ID-12"}),
    }
    held = [
        Outcome(
            test=test,
            world="wire",
            held={name: times for name in requirements() if name.split("-")[0] == area and name not in without},
            events=times * 31,
            duration_s=0.4 + times / 90,
            history="",
            seed="42",
        )
        for test, (area, times, without) in areas.items()
    ]
    tabs = {name: 5 for name in requirements() if name.startswith("TAB") and name not in {"TAB-4", "TAB-9", "TAB-12"}}
    held.append(
        Outcome(
            test="browser_tests/test_tabs.py::test_five_tabs_share_one_connection",
            world="page",
            held=tabs,
            events=2210,
            duration_s=21.4,
        )
    )
    return held


def _broken() -> list[Outcome]:
    crash = Finding(
        requirement="TAB-4",
        check="single_connection",
        expected="one live connection of browser a within 1.0 s after its leader a/1 crashed",
        seen="two live connections (a/2 and a/3) for 3.4 s",
        observer="a",
        kind="second connection",
    )
    late = Finding(
        requirement="ID-3",
        check="identity",
        expected="the old connection is closed within 1.0 s of the sign-out",
        seen="it was closed after 1.8 s",
        observer="a#1",
        level="late",
    )
    should = Finding(
        requirement="BC-4",
        check="broadcast_returns",
        expected="a broadcast returns within 250 ms while one reader stands still",
        seen="it returned after 2,310 ms",
    )
    plan = ("open a/1", "open a/2", "open a/3", "crash a/1", "settle")
    many = [
        Outcome(
            test=f"browser_tests/test_failover.py::test_leader_goes[{how}]",
            world="page",
            plan=plan,
            findings=(crash,),
            duration_s=6.2,
            shown=(
                (
                    "    3.101  a/1      · tab goes: crash",
                    "▶   4.102  a        · 3 tabs, 2 live connections, 3.4 s late",
                ),
            ),
        )
        for how in ("crash", "close", "reload", "navigate", "freeze")
    ]
    return [
        *many,
        Outcome(
            test="scenarios/identity.toml: sign out", world="wire", findings=(late,), held={"ID-9": 1}, duration_s=3.1
        ),
        Outcome(
            test="scenarios/test_slow_reader.py::test_publisher_is_not_held_up",
            world="wire",
            findings=(should,),
            duration_s=4.0,
        ),
    ]


def _not_judged() -> list[Outcome]:
    return [
        Outcome(
            test="scenarios/revocation.toml: a revoked session",
            world="wire",
            status="skipped",
            reason="[capabilities] revoke is not declared in blog.toml",
            skipped_requirements=("ID-11", "ID-12"),
        ),
        Outcome(
            test="scenarios/restart.toml: everyone comes back",
            world="wire",
            status="skipped",
            reason="[capabilities] restart is not declared in blog.toml",
            skipped_requirements=("LC-3", "LC-4", "LC-5"),
        ),
        Outcome(
            test="browser_tests/test_cookies.py::test_third_party_frame",
            world="page",
            status="harness",
            reason="the page did not load within 15 s\n  where: http://127.0.0.1:8080/\n  to do: look at its log",
        ),
    ]


def _loads() -> list[LoadOutcome]:
    def bell(bound: float) -> float:
        main = math.exp(-((math.log(bound / 2.6)) ** 2) / 0.35)
        return 41_000 * main + 700 * math.exp(-((math.log(bound / 38)) ** 2) / 0.1)

    bounds = [0.25 * 1.0625**step for step in range(96)]
    histogram = tuple((round(bound, 4), int(bell(bound))) for bound in bounds)
    timeline = tuple(
        (
            float(second),
            9_000 + 700 * (second % 5),
            2.4 + 0.2 * math.sin(second),
            11 + 4 * math.sin(second / 2) + (42 if second == 18 else 0),
        )
        for second in range(31)
    )
    healthy = LoadOutcome(
        scenario="fanout",
        users=500,
        workers=2,
        duration_s=30.0,
        counts=LoadCounts(
            connections=500, published=620, expected=310_000, delivered=310_000, outside_window=214, disconnected=2
        ),
        percentiles={"50": 2.6, "95": 6.9, "99": 14.2, "99.9": 48.1, "max": 91.0},
        publish_percentiles={"50": 1.1, "95": 2.8, "99": 4.4, "99.9": 9.7, "max": 31.0},
        histogram=histogram,
        timeline=timeline,
        held={"BC-1": 310_000, "ORD-1": 310_000, "ORD-2": 310_000},
        more={"connect": {"50": 21.0, "95": 60.5, "99": 104.0, "max": 131.0}},
        asides={"cut off by a restart": 500, "back after a restart": 500},
        series={"connections": tuple((float(second), 500.0 - 9 * (second % 7)) for second in range(30))},
        loads=(
            WorkerLoad(worker="worker 0", connections=250, deliveries=155_000, lag_p99_ms=6.5, busy_percent=31.0),
            WorkerLoad(worker="worker 1", connections=250, deliveries=155_000, lag_p99_ms=7.25, busy_percent=33.5),
        ),
        knobs={"rate": 20.0},
        budgets={"p99_ms": 200.0},
    )
    leaky = LoadOutcome(
        scenario="private_messages",
        users=120,
        workers=1,
        duration_s=20.0,
        counts=LoadCounts(connections=120, published=4_000, expected=8_000, delivered=7_997, lost=3, misdelivered=1),
        percentiles={"50": 3.1, "95": 8.8, "99": 19.0, "max": 44.0},
        histogram=tuple((bound, many // 40) for bound, many in histogram),
        timeline=timeline[:20],
        examples=(
            "lost: message 1,204 to ada (published at 6.020 s) never reached a#17",
            "misdelivered: message 3,310 to ada (published at 16.550 s) reached bob's connection b#3",
        ),
        findings=(
            Finding(
                requirement="ISO-2",
                check="load",
                expected="a private message reaches the connections of its user alone",
                seen="1 of 7,997 deliveries reached another user's connection",
                kind="misdelivered",
            ),
        ),
        held={"ISO-2": 7_996},
    )
    return [healthy, leaky]
