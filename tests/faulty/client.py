"""Browser clients that are wrong in one thing: each replaces one text in the reference's client."""

from __future__ import annotations

from tests.faulty.fault import Fault

FAULTS = (
    Fault(
        "opens_a_socket_in_every_tab",
        "TAB-1",
        client=(("this.canLead = Relay.supported && Boolean(globalThis.navigator?.locks);", "this.canLead = false;"),),
        plans=("five_tabs_one_socket",),
    ),
    Fault(
        "followers_hear_nothing",
        "TAB-2",
        client=(('if (this.canLead) this.post("message",', 'if (false) this.post("message",'),),
        plans=("broadcast_once_per_tab_in_order",),
    ),
    Fault(
        "loses_sends_of_followers",
        "TAB-3",
        client=(('if (this.canLead) this.post("send",', 'if (false) this.post("send",'),),
        plans=("follower_send_once",),
    ),
    Fault(
        "never_hands_over",
        "TAB-4",
        client=(
            ("? { steal } : { signal: turn.abort.signal };", "? { steal } : { ifAvailable: true };"),
            ("const held = () => {", "const held = (lock) => {\n        if (!lock) return undefined;"),
            ("    this.watch.start();\n", ""),
        ),
        plans=("leader_close",),
    ),
    Fault(
        "does_not_follow_a_followers_sign_in",
        "TAB-7",
        client=(
            (
                "if (identity !== this.identity) return this.followChange(epoch, identity);",
                "if (identity !== this.identity) this.adopt(epoch, identity);",
            ),
        ),
        plans=("sign_in_and_out_from_all_tabs",),
    ),
    Fault(
        "never_reconnects",
        "LC-2",
        client=(('    this.after("retry",', '    if (false) this.after("retry",'),),
        plans=("server_restart",),
    ),
)
