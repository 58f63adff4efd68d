"""The faulty implementations by name: what each does wrong, and the one requirement that it breaks.

A fault of the server is a hub, one of the client a replacement in its text; `plans` are those that must show a client's
fault in the quick proof, the full proof runs everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.reference.hub import Hub
from tests.faulty import hubs


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `also` are requirements that cannot hold where `breaks` does not."""

    name: str
    breaks: str
    hub: Callable[[], Hub] | None = None
    client: tuple[tuple[str, str], ...] = ()
    plans: tuple[str, ...] = ()
    sign_out_forgets: bool = False

    @property
    def world(self) -> str:
        """Where it shows."""
        return "page" if self.client else "wire"


SERVER_FAULTS = (
    Fault("leaks_to_guests", "ISO-5", hubs.LeaksToGuests),
    Fault("leaks_to_another_user", "ISO-2", hubs.LeaksToNextUser),
    Fault("compares_ids_by_prefix", "ISO-3", hubs.ComparesIdsByPrefix),
    Fault("sends_to_the_first_browser_only", "ISO-1", hubs.FirstBrowserOnly),
    Fault("never_broadcasts_to_guests", "BC-1", hubs.NeverBroadcastsToGuests),
    Fault("replies_to_everybody", "RT-6", hubs.RepliesToEverybody),
    Fault("crosses_replies_of_concurrent_senders", "RT-7", hubs.CrossesReplies),
    Fault("doubles_broadcasts", "ORD-2", hubs.DoublesBroadcasts),
    Fault("loses_broadcasts", "ORD-3", hubs.LosesBroadcasts),
    Fault("reorders_broadcasts", "ORD-1", hubs.ReordersBroadcasts),
    Fault("ignores_sign_out_on_live_sockets", "ID-3", hubs.IgnoresSignOut),
    Fault("ends_one_socket_of_the_session_at_sign_out", "ID-3", hubs.EndsTheNewestSocketOnly),
    Fault("loses_the_end_of_the_fan_out", "BC-1", hubs.LosesTheEndOfTheFanOut),
    Fault("reuses_the_identity_of_a_guest", "ID-1", hubs.ReusesSlots),
    Fault("keeps_the_session_over_sign_out", "ID-2", sign_out_forgets=True),
    Fault("accepts_a_foreign_origin", "HS-4", hubs.AcceptsForeignOrigin),
    Fault("folds_the_case_of_channel_ids", "RT-2", hubs.FoldsChannelCase),
    Fault("mixes_up_channels", "RT-1", hubs.MixesUpChannels),
    Fault("greets_with_something_else", "EN-2", hubs.GreetsInItsOwnWay),
    Fault("strips_text", "EN-1", hubs.StripsText),
)

CLIENT_FAULTS = (
    Fault(
        "opens_a_socket_in_every_tab",
        "TAB-1",
        client=(("this.canLead = this.canRelay && Boolean(globalThis.navigator?.locks);", "this.canLead = false;"),),
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
        client=(("{ signal: turn.abort.signal }, held)", "{ ifAvailable: true }, (lock) => lock && held())"),),
        plans=("leader_close",),
    ),
    Fault(
        "does_not_follow_a_followers_sign_in",
        "TAB-7",
        client=(
            (
                '      this.post("identity", { epoch: this.epoch, identity });\n    }\n  }\n\n  // -- what',
                "    }\n  }\n\n  // -- what",
            ),
        ),
        plans=("sign_in_follower",),
    ),
    Fault(
        "never_reconnects",
        "LC-2",
        client=(('    this.after("retry",', '    if (false) this.after("retry",'),),
        plans=("server_restart",),
    ),
)
FAULTS = {fault.name: fault for fault in (*SERVER_FAULTS, *CLIENT_FAULTS)}
