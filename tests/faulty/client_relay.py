"""Browser clients whose tabs share badly what their one connection gets: each replaces texts in the reference's."""

from __future__ import annotations

from tests.faulty.fault import Fault

RELAY = 'if (this.canLead) this.post("message", { epoch: this.epoch, channel: id, data });'
ON_MESSAGE = "onMessage: (message) => this.surely(() => this.received(message)),"

FAULTS = (
    Fault(
        "relays_each_message_twice",
        "TAB-2",
        client=((RELAY, RELAY + RELAY),),
        plans=("broadcast_once_per_tab_in_order",),
    ),
    Fault(
        "relays_nothing_of_more_than_64_KiB",
        "TAB-2",
        client=((RELAY, RELAY.replace("this.canLead", "this.canLead && JSON.stringify(data).length < 65536")),),
        plans=("large_texts_arrive_whole",),
    ),
    Fault(
        "followers_take_their_time_for_large_texts",
        "ORD-1",
        client=(
            (
                "epoch === this.epoch) this.dispatch(channel, data);",
                "epoch === this.epoch) this.take(channel, data, JSON.stringify(data).length > 16384 ? 1000 : 0);",
            ),
            (
                "  heardSend({ id, identity, text }) {\n",
                """\
  take(channel, data, ms) {
    setTimeout(() => this.dispatch(channel, data), ms);
  }

  heardSend({ id, identity, text }) {
""",
            ),
        ),
        plans=("large_texts_arrive_whole",),
    ),
    Fault(
        "relays_one_message_a_millisecond",
        "TAB-2",
        client=((RELAY, RELAY.replace("this.canLead", "this.canLead && this.at !== (this.at = Date.now())")),),
        plans=("offline_online",),
    ),
    Fault(
        "leader_shows_nothing_itself",
        "TAB-2",
        client=(("    this.dispatch(id, data);\n  }\n\n  flush", "  }\n\n  flush"),),
        plans=("broadcast_once_per_tab_in_order",),
    ),
    Fault(
        "swallows_the_first_message_of_a_connection",
        "TAB-2",
        client=(
            (ON_MESSAGE, ON_MESSAGE.replace("=> this", "=> this.connection.greeted && this", 1)),
            (
                "for (const message of this.held.splice(0))",
                "this.greeted = false;\n    for (const message of this.held)",
            ),
            ("    if (!message) return;\n", "    if (!message) return;\n    const greeted = this.confirmed;\n"),
            ("      this.onMessage(message);\n", "      this.onMessage(message);\n      this.greeted = greeted;\n"),
        ),
        plans=("late_tab_joins",),
    ),
    Fault(
        "listens_on_to_the_connection_that_it_replaces",
        "TAB-2",
        client=(
            ("  open() {\n    this.drop();\n", "  open() {\n    this.outlive(this.socket);\n    this.drop();\n"),
            (
                "  opened() {\n",
                """\
  outlive(old) {
    this.socket = null;
    if (!old) return;
    old.onopen = old.onclose = null;
    old.onmessage = ({ data }) => {
      const message = parseEnvelope(data);
      if (message && message.id !== this.identityChannel) this.onMessage(message);
    };
    setTimeout(() => old.close(), 3000);
  }

  opened() {
""",
            ),
        ),
        plans=("sign_in_while_publishing",),
    ),
    Fault(
        "followers_stay_with_their_first_leader",
        "TAB-2",
        client=(("    this.leader = from;\n", "    this.leader ??= from;\n"),),
        plans=("leader_close",),
    ),
    Fault(
        "relays_out_of_order",
        "ORD-1",
        client=(
            (
                RELAY,
                "const { epoch } = this;\n    setTimeout(() => { "
                + RELAY.replace("epoch: this.epoch", "epoch")
                + " }, (this.turn = !this.turn) ? 300 : 0);",
            ),
        ),
        plans=("broadcast_once_per_tab_in_order",),
    ),
    Fault(
        "relays_markup_escaped",
        "TAB-2",
        client=(
            (
                RELAY,
                "const relayed = JSON.parse(JSON.stringify(data).replaceAll('<', '&lt;'));\n    "
                + RELAY.replace("data }", "data: relayed }"),
            ),
        ),
        plans=("odd_texts_arrive_unchanged",),
    ),
    Fault(
        "takes_a_message_that_equals_the_last_for_the_same",
        "TAB-2",
        client=(
            (
                "  dispatch(channel, data) {\n",
                (
                    "  dispatch(channel, data) {\n    const text = JSON.stringify([channel, data]);\n"
                    "    if (this.last === text) return;\n    this.last = text;\n"
                ),
            ),
        ),
        plans=("equal_messages_arrive_each",),
    ),
    Fault(
        "keeps_the_replies_to_followers",
        "TAB-3",
        client=((RELAY, RELAY.replace("this.canLead", "this.canLead && !data.reply")),),
        plans=("follower_send_once",),
    ),
    Fault(
        "sends_twice",
        "TAB-3",
        client=(("      this.connection.send(item.text);\n", "      this.connection.send(item.text);\n" * 2),),
        plans=("follower_send_once",),
    ),
    Fault(
        "forgets_its_views_when_the_connection_is_lost",
        "TAB-2",
        client=(
            (
                "    this.state = state;\n",
                "    this.state = state;\n    if (state === CLOSED) this.subscribers.clear();\n",
            ),
        ),
        plans=("server_killed",),
    ),
    Fault(
        "replays_to_late_tabs",
        "TAB-7",
        client=(
            (RELAY, f"(this.kept ??= []).push({{ channel: id, data }});\n    {RELAY}"),
            (
                "    else if (this.leading) this.publishState();\n",
                "    else if (this.leading) this.replay(from);\n",
            ),
            (
                "  heardHello({ announced }) {\n",
                (
                    "  replay(to) {\n    this.publishState();\n    for (const each of this.kept ?? [])\n"
                    '      this.post("message", { epoch: this.epoch, to, ...each });\n  }\n\n'
                    "  heardHello({ from, announced }) {\n"
                ),
            ),
            (
                "  heardMessage({ from, epoch, channel, data }) {\n",
                "  heardMessage({ from, epoch, channel, data, to }) {\n    if (to && to !== this.relay.tab) return;\n",
            ),
        ),
        plans=("late_tab_after_switch",),
    ),
)
