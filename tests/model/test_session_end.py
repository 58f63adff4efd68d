"""Who a browser may be when its session ends without a sign-out."""

from __future__ import annotations

from harness.model.state import Moment
from tests.model.stories import Story


def users(story: Story, browser: str = "a") -> set[str | None]:
    model = story.model
    return model.browser(browser).users(model.now, model.now)


def ada() -> Story:
    return Story().sign_in("a", "ada").sign_in("b", "bob").open("a", "b")


def test_a_revoked_user_may_be_there_until_the_promise_is_over_and_is_nobody_then() -> None:
    story = ada().revoke("ada")
    assert users(story) == {"ada", None}
    assert users(story.wait(0.9).settle()) == {"ada", None}
    assert users(story.wait(0.2).settle()) == {None}


def test_a_revocation_is_of_one_user_only() -> None:
    assert users(ada().revoke("ada").wait(2.0).settle(), "b") == {"bob"}
    assert users(ada().open("g").revoke("ada").settle(), "g") == {None}


def test_a_revocation_that_failed_leaves_it_open() -> None:
    assert users(ada().revoke("ada", ok=False).wait(9.0).settle()) == {"ada", None}


def test_a_user_who_signs_in_anew_is_there_again() -> None:
    assert users(ada().revoke("ada").wait(2.0).sign_in("a", "ada").settle()) == {"ada"}


def test_a_session_that_expires_may_be_good_until_its_time_and_the_promise_are_over() -> None:
    story = ada().expire("a")
    assert users(story) == {"ada", None}
    assert users(story, "b") == {"bob"}
    assert users(story.wait(1.1).settle()) == {None}


def test_a_session_with_an_end_may_be_over_from_then_on() -> None:
    story = Story().changing("a", "ada", lasts_s=2.0).changed("a", "ada").open("a")
    assert users(story) == {"ada"}
    before = story.model.now
    story.wait(2.0).settle()
    browser = story.model.browser("a")
    assert users(story) == {"ada", None}
    assert browser.changed_within(before, story.model.now)
    assert not browser.changed_within(before, Moment(before.index, before.at_s))


def test_nothing_is_owed_to_a_session_that_may_have_ended() -> None:
    story = Story().changing("a", "ada", lasts_s=2.0).changed("a", "ada").open("a").settle()
    assert story.private("ada").settle().broken == ["ISO-1"]
    assert story.wait(2.0).private("ada").settle().broken == ["ISO-1"]
