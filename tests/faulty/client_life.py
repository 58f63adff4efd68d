"""Browser clients that do not expect how tabs live: each replaces texts in the reference's client."""

from __future__ import annotations

from tests.faulty.fault import Fault

ON_HIDE = '    on(window, "pagehide", () => this.pause());\n'
ON_FREEZE = '    on(document, "freeze", () => this.pause());\n'
PING = '    else if (type === "ping") this.heardPing(message);\n'
NEVER_ROBS = ("      onSilent: () => this.leadership.rob(() => this.watch.silent),\n", "      onSilent: () => {},\n")

FAULTS = (
    Fault(
        "keeps_the_lock_when_it_is_left",
        "TAB-4",
        client=(
            # Whoever is left says so; a leader that hangs, and cannot, is robbed all the same.
            (
                ON_HIDE,
                ON_HIDE.replace("this.pause()", '((this.left = 1), this.post("resting", {}), this.relay.close())'),
            ),
            (ON_FREEZE, ON_FREEZE.replace("this.pause()", "this.left || this.pause()")),
            (PING, f'{PING}    else if (type === "resting") this.watch.stop();\n'),
        ),
        plans=("leader_bfcache_away_and_back",),
    ),
    Fault(
        "waits_for_the_lock_while_it_is_left",
        "TAB-4",
        client=(("    turn.abort.abort();\n", ""), NEVER_ROBS),
        plans=("waiting_follower_in_bfcache",),
    ),
    Fault(
        "keeps_the_lock_when_it_is_frozen",
        "TAB-9",
        client=((ON_FREEZE, ""), NEVER_ROBS),
        plans=("leader_frozen",),
    ),
    Fault(
        "never_replaces_a_leader_that_hangs",
        "TAB-9",
        client=(NEVER_ROBS,),
        plans=("leader_hung",),
    ),
    Fault(
        "shows_again_what_came_while_it_hung",
        "TAB-9",
        client=(
            (
                "onMessage: (message) => this.surely(() => this.received(message)),",
                "onMessage: (message) => this.received(message),",
            ),
            ("onRobbed: () => this.stepDown(),", "onRobbed: () => setTimeout(() => this.stepDown(), 300),"),
            ("    if (this.leading) this.stepDown();\n", "    if (this.leading) return;\n"),
            ("if (!this.leading && from === this.leader && epoch", "if (!this.leading && epoch"),
        ),
        plans=("leader_hung",),
    ),
    Fault(
        "tabs_that_open_at_once_leave_the_lead_to_each_other",
        "TAB-1",
        client=(
            (
                "    if (this.canLead) this.follow();\n",
                "    if (this.canLead) setTimeout(() => (this.met ?? 0) < 3 && this.follow(), 1000);\n",
            ),
            (
                "  heardHello({ announced }) {\n",
                '  heardHello({ announced }) {\n    if (!this.leading && !this.leader) this.post("met", {});\n',
            ),
            (PING, f'{PING}    else if (type === "met") this.met = (this.met ?? 0) + 1;\n'),
        ),
        plans=("simultaneous_open",),
    ),
    Fault(
        "opens_a_socket_before_it_leads",
        "TAB-5",
        client=(
            (
                "    if (this.canLead) this.follow();\n",
                (
                    "    const early = new WebSocket(this.url.href);\n    setTimeout(() => early.close(), 1500);\n"
                    "    if (this.canLead) this.follow();\n"
                ),
            ),
        ),
        plans=("simultaneous_open",),
    ),
    Fault(
        "does_nothing_without_locks",
        "TAB-10",
        client=(("    else this.lead();\n", ""),),
        plans=("insecure_no_duplicates",),
    ),
    Fault(
        "relays_though_every_tab_leads",
        "TAB-2",
        client=(
            ('if (this.canLead) this.post("message",', 'this.post("message",'),
            ("    else if (!this.canLead) return; // alone: only changes of identity concern us\n", ""),
            ("if (!this.leading && from === this.leader && epoch", "if (epoch"),
        ),
        plans=("insecure_no_duplicates",),
    ),
    Fault(
        "keeps_its_id_in_the_session_storage",
        "TAB-3",
        client=(("    this.tab = randomId();\n", "    this.tab = sessionStorage.tab ??= randomId();\n"),),
        plans=("duplicated_tab",),
    ),
    Fault(
        "shows_nothing_in_a_frame_of_another_site",
        "TAB-10",
        client=(
            (
                "  dispatch(channel, data) {\n",
                """\
  dispatch(channel, data) {
    if (self !== top && location.ancestorOrigins?.[0] !== location.origin) return;
""",
            ),
        ),
        plans=("third_party_iframe",),
    ),
    Fault(
        "shares_nothing_in_a_frame",
        "TAB-1",
        client=(
            (
                "    this.canLead = Relay.supported && Boolean(globalThis.navigator?.locks);\n",
                "    this.canLead = Relay.supported && Boolean(globalThis.navigator?.locks) && self === top;\n",
            ),
        ),
        plans=("same_origin_iframe_and_popup",),
    ),
)
