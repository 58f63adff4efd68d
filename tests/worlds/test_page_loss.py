"""What tabs missed of a stream is counted as it was, and judged by nobody."""

from __future__ import annotations

from harness.history import StreamCounted
from harness.plan import AtOnce, Broadcast, BrowserId, Close, Tab
from harness.worlds.page_loss import counted, is_stream
from tests.model.stories import Story

A = Tab(BrowserId("a"))


def test_many_broadcasts_with_something_else_are_a_stream() -> None:
    assert is_stream(AtOnce((Broadcast(100), Close(A))))
    assert not is_stream(AtOnce((Broadcast(2), Close(A))))


def test_each_tab_is_counted_from_the_first_message_of_the_stream_on() -> None:
    story = Story(world="page").tab("a/1", "a/2").open("a").broadcast("before").arrives("a/1")
    for name in ("one", "two", "three"):
        story.broadcast(name)
    story.broadcast("refused").answered(accepted=False)
    story.arrives("a/1", "a/2", name="one").arrives("a/1", "a/1", name="three").arrives("a/1", name="two")
    counts = counted(story.model, ["a/1", "a/2"], first=1, at_s=1.0)
    assert counts == [
        StreamCounted(at_s=1.0, tab="a/1", asked=3, missing=0, twice=1, disordered=1),
        StreamCounted(at_s=1.0, tab="a/2", asked=3, missing=2, twice=0, disordered=0),
    ]
