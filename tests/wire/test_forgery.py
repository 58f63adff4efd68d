"""What clients pretend: every form names what it claims, and nothing that may be refused hides anything else."""

from __future__ import annotations

from harness.wire.forgery import WHO_KEYS, Claim, claiming_data, claiming_messages, claims, forgeries


def test_a_claim_by_query_names_the_user_in_every_key() -> None:
    first, second = claims("query", names=("u 1",))
    assert first == Claim(query="user=u%201&userId=u%201&user_id=u%201&uid=u%201")
    assert "token=u%201" in second.query
    assert "token" not in first.query


def test_a_claim_by_headers_keeps_what_may_be_refused_apart() -> None:
    found = claims("headers", names=("7",))
    assert ("X-User-Id", "7") in found[0].headers
    assert found[-1].headers == (("Authorization", "Bearer 7"),)
    assert not any("Authorization" in dict(each.headers) for each in found[:-1])


def test_a_claim_by_cookies_tries_those_of_the_target_one_by_one() -> None:
    found = claims("cookies", names=("7",), session_cookies=("sid", "tab"))
    assert [each.cookies for each in found[1:]] == ["sid=7", "tab=7"]
    assert "user_id=7" in found[0].cookies


def test_a_claim_is_made_under_each_name() -> None:
    assert len(claims("query", names=("7", "ada"))) == 2 * len(claims("query", names=("7",)))


def test_the_data_of_a_message_names_the_user_beside_what_it_says() -> None:
    assert claiming_data({"message": "m", "from": "me"}, user_id=7) == {
        **dict.fromkeys(WHO_KEYS, 7),
        "message": "m",
        "from": "me",
    }
    assert claiming_data("m", user_id=7)["message"] == "m"  # type: ignore[index,call-overload] # it is an object


def test_messages_that_ask_to_be_taken_for_the_user_are_objects_that_name_it() -> None:
    assert all(isinstance(each, dict) and "7" in str(each) for each in claiming_messages(user_id=7))


def test_a_message_is_forged_as_it_is_received_and_as_it_is_asked_for() -> None:
    found = forgeries(channel="c", receive={"note": "t"}, request={"text": "t"}, echo={"message": "t"})
    assert [each.data for each in found] == [
        {"note": "t"},
        {"note": "t"},
        {"message": "t"},
        {"note": "t", "broadcast": True, "to": "*"},
        {"text": "t"},
    ]
    assert dict(found[1].beside) == {"broadcast": True, "to": "*"}
    assert {each.channel for each in found} == {"c"}


def test_a_private_message_is_forged_with_the_user_it_is_for() -> None:
    found = forgeries(channel="c", receive={"note": "t"}, request=None, echo="t", user_id=7)
    assert dict(found[1].beside) == dict.fromkeys(WHO_KEYS, 7)
    assert found[-1].data == {"note": "t", **dict.fromkeys(WHO_KEYS, 7)}


def test_data_that_is_no_object_is_forged_as_it_is() -> None:
    assert [each.data for each in forgeries(channel="c", receive="t", request=None, echo="t")] == ["t", "t", "t"]
