"""Browser clients that hand over wrongly from tab to tab: each replaces texts in the reference's client."""

from __future__ import annotations

from tests.faulty.fault import Fault

SEND = 'if (this.canLead) this.post("send", { id, identity, text });'
LEARNT = "    } else if (epoch > this.epoch) {\n      this.adopt(epoch, identity);\n"
AGAIN = """      for (const ms of [100, 300])
        setTimeout(() => this.post("identity", { epoch, identity }), ms + 150 * Math.random());
"""
FOLLOW = "    if (this.canLead) this.follow();\n    else this.lead();\n"
OUTLIVE = (  # also what was just trying again: else it would be chance whether there is a timer
    "    if (!this.connection.confirmed) this.connection.retry();\n    delete this.connection.timers.retry;\n"
)
STEPS = "    this.leadership.letGo();\n    this.setState(CONNECTING);\n"

FAULTS = (
    Fault(
        "sends_again_at_a_hand_over_what_was_sent_before",
        "TAB-3",
        client=(
            (
                'else if (type === "sent") this.outbox.settle(message.id, true);',
                'else if (type === "sent") this.outbox.waiting.get(message.id)?.settle?.(true);',
            ),
        ),
        plans=("rolling_close",),
    ),
    Fault(
        "followers_forget_what_they_gave_the_leader",
        "TAB-12",
        client=(
            (SEND, f"{SEND}\n    if (!this.leading) this.outbox.settle(id, true);"),
            ("else if (identity === this.identity) this.outbox.add(", "else if (this.leading) this.outbox.add("),
        ),
        plans=("send_survives_leader_death",),
    ),
    Fault(
        "every_tab_has_the_leader_reconnect_at_a_sign_in",
        "TAB-7",
        client=(
            (
                "      if (identity !== this.identity) return this.followChange(epoch, identity);\n",
                "      return this.followChange(epoch, identity);\n",
            ),
            (LEARNT, LEARNT + AGAIN),
        ),
        plans=("tabs_learn_identity_once",),
    ),
    Fault(
        "keeps_its_socket_when_it_was_robbed",
        "TAB-1",
        client=((f"    this.connection.drop();\n{STEPS}", f"    this.connection.onMessage = () => {{}};\n{STEPS}"),),
        plans=("leader_hung",),
    ),
    Fault(
        "its_timer_outlives_its_lead",
        "TAB-1",
        client=(
            (
                FOLLOW,
                f"{FOLLOW}    if (this.canLead) this.leadership.letGo(), this.leadership.request({{ steal: true }});\n",
            ),
            (
                f"    this.connection.drop();\n{STEPS}",
                f"{OUTLIVE}    this.connection.drop();\n{STEPS}",
            ),
        ),
        plans=("tabs_come_and_go_while_down",),
    ),
)
