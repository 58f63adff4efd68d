"""Servers that are wrong in who gets what: routing, broadcast, private messages, identity, order."""

from __future__ import annotations

from tests.faulty import hubs
from tests.faulty.fault import Fault

FAULTS = (
    Fault("leaks_to_guests", "ISO-5", hubs.LeaksToGuests),
    Fault("leaks_to_another_user", "ISO-2", hubs.LeaksToNextUser),
    Fault("compares_ids_by_prefix", "ISO-3", hubs.ComparesIdsByPrefix),
    Fault("sends_to_the_first_browser_only", "ISO-1", hubs.FirstBrowserOnly),
    Fault("never_broadcasts_to_guests", "BC-1", hubs.NeverBroadcastsToGuests),
    Fault("replies_to_everybody", "RT-6", hubs.RepliesToEverybody),
    Fault("crosses_replies_of_concurrent_senders", "RT-7", hubs.CrossesReplies),
    Fault("doubles_broadcasts", "ORD-2", hubs.DoublesBroadcasts),
    Fault("fails_broadcasts", "BC-1", hubs.FailsBroadcasts),
    Fault("loses_broadcasts", "ORD-3", hubs.LosesBroadcasts),
    Fault("reorders_broadcasts", "ORD-1", hubs.ReordersBroadcasts),
    Fault("ignores_sign_out_on_live_sockets", "ID-3", hubs.IgnoresSignOut),
    Fault("ends_one_socket_of_the_session_at_sign_out", "ID-3", hubs.EndsTheNewestSocketOnly),
    Fault("loses_the_end_of_the_fan_out", "BC-1", hubs.LosesTheEndOfTheFanOut),
    Fault("leaves_out_of_broadcasts_who_is_new", "BC-1", hubs.LeavesOutTheNew),
    Fault(
        "leaves_out_of_broadcasts_who_is_busy",
        "BC-1",
        hubs.LeavesOutTheBusy,
        plans=("a_slow_handler_blocks_nobody",),
    ),
    Fault("reuses_the_identity_of_a_guest", "ID-1", hubs.ReusesSlots),
    Fault("keeps_the_session_over_sign_out", "ID-2", sign_out_forgets=True),
    Fault("accepts_a_foreign_origin", "HS-4", hubs.AcceptsForeignOrigin),
    Fault("folds_the_case_of_channel_ids", "RT-2", hubs.FoldsChannelCase),
    Fault("mixes_up_channels", "RT-1", hubs.MixesUpChannels),
    Fault("greets_with_something_else", "EN-2", hubs.GreetsInItsOwnWay),
    Fault("strips_text", "EN-1", hubs.StripsText),
    Fault("sends_large_messages_by_a_worker", "ORD-1", hubs.SendsLargeMessagesByAWorker),
    Fault("answers_the_same_text_once", "EN-1", hubs.AnswersTheSameTextOnce),
    Fault(
        "broadcasts_the_same_text_once",
        "BC-1",
        hubs.BroadcastsTheSameTextOnce,
        plans=("the_same_broadcast_again",),
    ),
    Fault("stops_answering_after_many_messages", "ORD-3", hubs.StopsAnsweringAfterMany),
    Fault("closes_after_many_messages", "ORD-3", hubs.ClosesAfterMany),
)
