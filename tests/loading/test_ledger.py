"""The ledger: numbers in the order of their start, and what had been answered by then."""

from __future__ import annotations

from harness.loading.ledger import Ledger, StreamLedger


def test_a_message_knows_up_to_where_all_had_been_answered() -> None:
    stream = StreamLedger()
    assert stream.start(0.0) == (1, 0)
    assert stream.start(0.1) == (2, 0)
    stream.finish(2, at_s=0.2, accepted=True)
    assert stream.start(0.3) == (3, 0), "the first is still under way"
    stream.finish(1, at_s=0.4, accepted=False)
    assert stream.start(0.5) == (4, 2)
    assert stream.accepted_before() == [0, 0, 1, 1, 1]


def test_accepted_refused_and_unanswered_are_told_apart() -> None:
    ledger = Ledger(("ada", "bob"))
    for stream in ledger.streams:
        stream.start(0.0)
    ledger.streams[0].finish(1, at_s=0.1, accepted=True)
    ledger.streams[1].finish(1, at_s=0.1, accepted=False)
    assert (ledger.published, ledger.refused, ledger.unanswered) == (1, 1, 1)


def test_a_connection_gets_broadcasts_and_its_own_stream_only() -> None:
    ledger = Ledger(("ada", "bob"))
    assert ledger.streams_of("") == (0,)
    assert ledger.streams_of("bob") == (0, 2)
