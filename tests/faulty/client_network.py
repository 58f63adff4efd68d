"""Browser clients that are wrong when the way to the server fails: each replaces one text in the reference's client."""

from __future__ import annotations

from tests.faulty.fault import Fault

FAULTS = (
    Fault(
        "followers_show_open_for_ever",
        "TAB-11",
        client=(
            (
                "    this.setState(state);\n    // A new leader",
                "    if (state === OPEN) this.setState(state);\n    // A new leader",
            ),
        ),
        plans=("ready_state_not_stale",),
    ),
    Fault(
        "followers_never_show_open",
        "TAB-11",
        client=(
            (
                "    this.setState(state);\n    // A new leader",
                "    if (state !== OPEN) this.setState(state);\n    // A new leader",
            ),
        ),
        plans=("late_tab_joins",),
    ),
    Fault(
        "swallows_what_is_sent_while_it_is_down",
        "TAB-12",
        client=(
            (
                "    return new Promise((settle) => {\n",
                "    return new Promise((settle) => {\n      if (this.state !== OPEN) return settle(false);\n",
            ),
        ),
        plans=("send_while_down_once",),
    ),
    Fault(
        "sends_what_waited_twice",
        "TAB-12",
        client=(
            (
                "      this.connection.send(item.text);\n",
                "      this.connection.send(item.text);\n      if (item.waited) this.connection.send(item.text);\n",
            ),
            (
                "  confirmed(identity) {\n",
                "  confirmed(identity) {\n    for (const item of this.outbox.waiting.values()) item.waited = true;\n",
            ),
        ),
        plans=("send_while_down_once",),
    ),
    Fault(
        "sends_what_waited_as_whoever_it_is_now",
        "ID-13",
        client=(
            ("      if (item.identity !== this.identity) continue;\n", ""),
            (
                "      if (item.identity !== identity) this.settle(item.id, false);\n",
                "      item.identity = identity;\n",
            ),
        ),
        plans=("queue_does_not_cross_users",),
    ),
)
