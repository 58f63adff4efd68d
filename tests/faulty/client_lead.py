"""Browser clients that are led wrongly: each replaces texts in the reference's client."""

from __future__ import annotations

from tests.faulty.fault import Fault

STEP_DOWN = "    if (this.leading) this.stepDown();\n"

FAULTS = (
    Fault(
        "lets_go_of_the_lock_as_soon_as_it_has_it",
        "TAB-1",
        client=(
            ("          turn.release = release;\n", "          release();\n"),
            (STEP_DOWN, "    if (this.leading) return;\n"),
        ),
        plans=("five_tabs_one_socket",),
    ),
    Fault(
        "leaves_the_old_socket_open_when_it_opens_another",
        "TAB-1",
        client=(("    socket.close();\n", ""),),
        plans=("sign_in_leader",),
    ),
    Fault(
        "follower_opens_a_socket_when_the_leader_is_slow",
        "TAB-1",
        client=(
            (
                "    this.term = term;\n",
                (
                    "    this.term = term;\n    if (state === OPEN) clearTimeout(this.impatient);\n"
                    "    else this.impatient ??= setTimeout(() => this.goAlone(), 100);\n"
                ),
            ),
        ),
        plans=("server_killed",),
    ),
    Fault(
        "a_tab_that_leaves_takes_the_socket_with_it",
        "TAB-4",
        client=(
            ("    if (this.leading) this.publishState(); // nobody", '    this.post("bye", {}); // nobody'),
            (
                '    if (type === "hello") this.heardHello(message);\n',
                (
                    '    if (type === "bye" && this.leading) this.connection.drop();\n'
                    '    if (type === "hello") this.heardHello(message);\n'
                ),
            ),
        ),
        plans=("rolling_close_backwards",),
    ),
    Fault(
        "gives_up_after_the_first_failure",
        "LC-2",
        client=(('    this.after("retry",', '    if (this.failures < 2) this.after("retry",'),),
        plans=("tabs_come_and_go_while_down",),
    ),
    Fault(
        "gives_up_after_its_fourth_failure",
        "LC-2",
        client=(('    this.after("retry",', '    if (this.failures < 5) this.after("retry",'),),
        plans=("backs_off",),
    ),
    Fault(
        "does_not_follow_its_own_sign_in_where_it_leads",
        "TAB-7",
        client=(
            (
                "      this.followChange(this.epoch + 1, identity);\n      if (!this.canLead)",
                "      if (!this.canLead)",
            ),
        ),
        plans=("sign_in_leader",),
    ),
)
