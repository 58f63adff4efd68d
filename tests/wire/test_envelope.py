"""An envelope that was encoded is decoded the same, whatever shape the target gives it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.channel import ChannelId
from harness.wire.envelope import DEFAULT_ENVELOPE, Envelope, Ignored, NotAnEnvelope, TemplateCodec
from harness.wire.template import Json
from tests.wire.drawing import drawn

OBJECT = TemplateCodec()
ARRAY = TemplateCodec(["{channel}", "{data}"])
NESTED = TemplateCodec({"type": "message", "body": {"topic": "ch:{channel}", "payload": ["{data}"]}})
CODECS = {"object": OBJECT, "array": ARRAY, "nested": NESTED}
text = st.text(st.characters(), max_size=12)
data: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
def test_any_channel_and_data_come_back_as_they_were(codec: TemplateCodec) -> None:
    @drawn()
    @given(text, data)
    def example(channel: str, value: Json) -> None:
        envelope = Envelope(ChannelId(channel), value)
        assert codec.decode(codec.encode(envelope)) == envelope

    example()


def test_the_default_is_the_seeds_envelope() -> None:
    assert OBJECT.template == DEFAULT_ENVELOPE
    assert OBJECT.encode(Envelope(ChannelId("a_b_c"), {"n": 1})) == '{"id":"a_b_c","data":{"n":1}}'


def test_text_is_sent_as_it_is_and_lone_surrogates_as_escapes() -> None:
    assert OBJECT.encode(Envelope(ChannelId("c"), "zß水🧦")) == '{"id":"c","data":"zß水🧦"}'
    assert OBJECT.encode(Envelope(ChannelId("c"), "ß\ud800")) == '{"id":"c","data":"\\u00df\\ud800"}'


def test_more_keys_than_the_template_has_are_allowed() -> None:
    assert OBJECT.decode('{"v":2,"data":null,"id":"c"}') == Envelope(ChannelId("c"), None)


@pytest.mark.parametrize(
    "sent", ["", "{", "hello", "'a'", "[1,]", "[" * 100_000, "NaN", '{"id":"c","data":NaN}', "-Infinity"]
)
def test_what_is_not_json_is_no_envelope(sent: str) -> None:
    assert OBJECT.decode(sent) == NotAnEnvelope("not JSON")


@pytest.mark.parametrize(
    "sent", ["null", "1", '"c"', "[]", "{}", '{"id":"c"}', '{"data":1}', '{"Id":"c","data":1}', '["c",1]']
)
def test_json_of_another_shape_is_no_envelope(sent: str) -> None:
    found = OBJECT.decode(sent)
    assert isinstance(found, NotAnEnvelope)
    assert found.why == f"does not have the shape {json.dumps(DEFAULT_ENVELOPE)}"


@pytest.mark.parametrize("channel", ["null", "1", "[]", "{}", "true"])
def test_a_channel_is_text(channel: str) -> None:
    assert OBJECT.decode(f'{{"id":{channel},"data":1}}') == NotAnEnvelope("the channel is not a string")


@pytest.mark.parametrize("template", [{"data": "{data}"}, {"id": "{channel}"}])
def test_a_template_that_names_no_channel_or_no_data_fits_nothing(template: Json) -> None:
    assert isinstance(TemplateCodec(template).decode('{"id":"c","data":1}'), NotAnEnvelope)


def test_what_the_target_declares_as_its_own_traffic_is_ignored() -> None:
    codec = TemplateCodec(ignore=({"type": "hello"}, ["ping", "{n}"]))
    assert codec.decode('{"type":"hello","version":3}') == Ignored()
    assert codec.decode('["ping",7]') == Ignored()
    assert isinstance(codec.decode('{"type":"bye"}'), NotAnEnvelope)
    assert codec.decode("ping") == NotAnEnvelope("not JSON")
    assert codec.decode('{"type":"hello","id":"c","data":1}') == Envelope(ChannelId("c"), 1)
