"""Servers that are wrong in how they speak WebSocket: frames, pings, fragments, text, closing, sizes."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from harness.reference.channel import ChannelId
from harness.reference.hub import Connection, Envelope, Hub
from tests.faulty import lenient_frames as lenient
from tests.faulty import loose_sockets as loose
from tests.faulty.fault import AS_PROMISED, Fault


class BinaryClosesEverybody(Hub):
    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        if isinstance(message, bytes):
            for each in list(self.everyone()):
                self.close(each, 1003)
        return super().receive(connection, message, now_s=now_s)


class TruncatesLongReplies(Hub):
    """What is longer than half a megabyte is cut off there."""

    def reply(self, connection: Connection, channel: ChannelId, data: object) -> None:
        fields: dict[str, object] = msgspec.to_builtins(data)
        shortened = {key: value[:524_288] if isinstance(value, str) else value for key, value in fields.items()}
        super().reply(connection, channel, shortened)


FAULTS = (
    Fault("accepts_frames_without_a_mask", "FR-1", protocol=lenient.AcceptsUnmasked),
    Fault("ignores_reserved_bits", "FR-2", protocol=lenient.IgnoresReservedBits),
    Fault("passes_over_reserved_opcodes", "FR-2", protocol=lenient.PassesOverReservedOpcodes),
    Fault("accepts_long_control_frames", "FR-2", protocol=lenient.AcceptsLongPings),
    Fault("passes_over_stray_continuations", "FR-2", protocol=lenient.PassesOverStrayContinuations),
    Fault("joins_a_message_inside_a_message", "FR-2", protocol=lenient.JoinsMessagesInsideMessages),
    Fault("asks_whether_anything_was_kept_of_a_message", "FR-2", protocol=lenient.AsksWhetherAnythingWasKept),
    Fault("ignores_bad_close_frames", "FR-2", protocol=lenient.IgnoresBadCloses),
    Fault("never_answers_a_ping", "FR-3", protocol=loose.NeverPongs),
    Fault("loses_pongs_between_fragments", "FR-3", protocol=loose.LosesPongsBetweenFragments),
    Fault("truncates_pongs", "FR-3", protocol=loose.TruncatesPongs),
    Fault("pongs_in_text", "FR-3", protocol=loose.PongsInText),
    Fault("closes_at_a_pong", "FR-3", protocol=lenient.ClosesAtPongs),
    Fault("decodes_each_fragment_by_itself", "FR-4", protocol=loose.DecodesEachFragment),
    Fault("loses_what_follows_an_empty_fragment", "FR-4", protocol=loose.LosesWhatFollowsAnEmptyFragment),
    Fault("needs_whole_frame_heads", "FR-4", protocol=loose.NeedsWholeHeads),
    Fault("replaces_text_that_is_not_utf8", "FR-5", protocol=loose.ReplacesBadText),
    Fault("passes_over_text_that_is_not_utf8", "FR-5", protocol=loose.PassesOverBadText),
    Fault("crashes_at_a_binary_message", "FR-6", protocol=lenient.CrashesAtBinary),
    Fault("closes_everybody_at_a_binary_message", "FR-6", hub=BinaryClosesEverybody),
    Fault("never_replies_to_a_close", "FR-7", protocol=loose.NeverRepliesToClose),
    Fault("replies_to_a_close_with_1006", "FR-7", protocol=loose.RepliesWithAbnormalCode),
    Fault("closes_twice", "FR-7", protocol=loose.ClosesTwice),
    Fault("never_ends_tcp_after_a_close", "FR-7", protocol=loose.NeverEndsTcp),
    Fault("sends_after_its_close", "FR-7", protocol=loose.SendsAfterClose),
    Fault(
        "unpacks_any_compressed_message",
        "FR-9",
        protocol=loose.UnpacksAnything,
        settings=replace(AS_PROMISED, deflate=True),
    ),
    Fault("limits_frames_but_not_messages", "LIM-1", protocol=loose.LimitsFramesOnly),
    Fault("limits_no_message", "LIM-1", protocol=loose.LimitsNothing),
    Fault("limits_messages_far_too_late", "LIM-1", protocol=loose.LimitsFarTooLate),
    Fault("truncates_long_replies", "LIM-1", hub=TruncatesLongReplies),
    Fault("reads_one_long_message_at_a_time", "LIM-1", protocol=lenient.ReadsOneAtATime),
)
