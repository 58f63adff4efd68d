"""Why a page cannot be asked: it went elsewhere, it does not answer, it has no hooks. Waits for nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.errors import ControlFailed
from harness.worlds.page_call import Look


def why_mute(last: Look | None, *, at: str, wanted: str, hooks: str) -> ControlFailed:
    """Return the error of a page that was to be at `wanted`, is `at`, and gave `last` for an answer, None for none.

    `hooks` is what was asked, in words.
    """
    here, there = urlsplit(at), urlsplit(wanted)
    if here.netloc and here.netloc != there.netloc:
        return ControlFailed(
            "the page went to another origin, where its connections cannot be counted",
            where=f"{wanted} became {here.scheme}://{here.netloc}{here.path}"[:300],
            todo="name a [page] path that stays, with its login page on the same origin",
        )
    where = f"{hooks}, at {here.path}"[:300]
    if last is None:
        return ControlFailed(
            "the page does not answer",
            where=where,
            todo="see what keeps its scripts from it: a loop without an end, or a hook that never resolves",
        )
    return ControlFailed(
        last.problem or "the page offers no hooks",
        where=where,
        todo="define the object before the page's load event, or mend hooks in [page]",
    )
