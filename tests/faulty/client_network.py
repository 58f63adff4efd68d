"""Browser clients that are wrong when the way to the server fails: each replaces one text in the reference's client."""

from __future__ import annotations

from tests.faulty.fault import Fault

WAIT = "most * (0.5 + Math.random() / 2)"

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
        "sends_what_waited_last_first",
        "TAB-12",
        client=(
            (
                "    for (const item of [...this.outbox.waiting.values()]) {\n",
                "    for (const item of [...this.outbox.waiting.values()].reverse()) {\n",
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
    Fault(
        "comes_back_after_the_same_time_in_every_browser",
        "LC-3",
        client=((WAIT, "1500 + most / 2"),),
        plans=("reconnect_jitter",),
    ),
    Fault(
        "hurries_back_when_it_was_turned_away",
        "LC-4",
        client=(
            (
                "    if (UNWELCOME.has(code)) this.failures = Math.max(this.failures, 10);\n",
                "    if (code === 4401) this.failures = -2;\n",
            ),
        ),
        plans=("refuse_n_then_ok",),
    ),
    Fault(
        "stays_away_after_a_busy_server_closed",
        "LC-4",
        client=(
            (
                "    this.drop();\n    if (UNWELCOME",
                "    this.drop();\n    if (code === 1013) return;\n    if (UNWELCOME",
            ),
        ),
        plans=("server_close_codes",),
    ),
    Fault(
        "never_asks_whether_the_server_is_there",
        "LC-6",
        client=(('    if (this.identityChannel) this.after("quiet", QUIET_MS, () => this.probe());\n', ""),),
        plans=("half_open_stall",),
    ),
    Fault(
        "forgets_its_failures_as_soon_as_it_is_open",
        "LC-7",
        client=(('    this.after("stable", STABLE_MS, () => (this.failures = 0));\n', "    this.failures = -1;\n"),),
        plans=("refuse_n_then_ok",),
    ),
    Fault(
        "comes_back_every_second_for_ever",
        "LC-7",
        client=((WAIT, "850 + 300 * Math.random()"),),
        plans=("backs_off",),
    ),
    Fault(
        "starts_anew_after_a_second_whenever_it_was_accepted",
        "LC-7",
        client=(
            (WAIT, "most * (0.8 + Math.random() / 5)"),
            ('    this.after("stable", STABLE_MS, () => (this.failures = 0));\n', "    this.failures = 2;\n"),
        ),
        plans=("backs_off",),
    ),
    Fault(
        "throws_at_what_is_not_json",
        "TAB-13",
        client=(
            (
                '  if (typeof text !== "string") return null;\n  try {\n',
                '  if (String(text).startsWith("{") && text.at(-1) !== "}") throw new Error(text);\n  try {\n',
            ),
        ),
        plans=("corrupt_and_unknown_frames",),
    ),
    Fault(
        "takes_any_message_for_one_of_an_envelope",
        "TAB-13",
        client=(("    if (!message) return;\n", "    if (!message && text !== '') return;\n"),),
        plans=("corrupt_and_unknown_frames",),
    ),
)
