"""The page holds everything, needs nothing, and lets no foreign text be more than text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.checks.finding import Outcome
from harness.report.html import html_report
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.write import read_run
from harness.requirement import requirements
from tests.report.hostile_run import hostile_run
from tests.report.rich_run import ENDED, STARTED

VOID = {"meta", "br", "img", "input", "link", "hr"}
# ElementTree writes an empty SVG element the XML way, which HTML reads as it is meant inside <svg>.
SVG = {"line", "rect", "polyline", "polygon"}


class Page(HTMLParser):
    """What a page holds: its elements, attributes, ids and text; fails when its elements do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID | SVG:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.text += data

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


def page_of(folder: RunFolder) -> Page:
    return Page(html_report(read_run(folder)[1]))


def test_every_requirement_of_the_catalogue_is_there_and_can_be_linked_to(rich: RunFolder) -> None:
    page = page_of(rich)
    assert set(requirements()) <= set(page.values("id"))


def test_every_link_inside_the_page_leads_somewhere_and_no_id_is_there_twice(rich: RunFolder) -> None:
    page = page_of(rich)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {each[1:] for each in page.values("href") if each.startswith("#")} <= set(ids)


def test_the_page_needs_nothing_but_itself(rich: RunFolder) -> None:
    text = html_report(read_run(rich)[1])
    page = Page(text)
    assert page.values("src") == []
    assert not [tag for tag, _ in page.tags if tag in {"link", "img", "iframe", "object"}]
    assert [each for each in page.values("href") if not each.startswith("#")] == [
        "histories/001-scenarios-isolation-toml-a-signed-out-tab-keeps-its-socket.jsonl"
    ] * 2
    assert not re.findall(r"url\(|@import|https?://(?!127\.0\.0\.1)", text)


def test_the_verdict_its_meaning_and_the_way_back_are_told(rich: RunFolder) -> None:
    text = page_of(rich).text
    for told in (
        "Broken",
        "Exit code 1",
        "blog (dev)",
        "chromium 141.0",
        "a#1, a guest since 1.204 s, was handed it at 1.611 s",
        "onesocket replay",
        "[capabilities] revoke is not declared in blog.toml",
        "Redis was not configured",
        "misdelivered: message 3,310 to ada",
        "7 requirements not checked in this run",
    ):
        assert told in text


def test_a_status_is_never_told_by_colour_alone(rich: RunFolder) -> None:
    text = page_of(rich).text
    for label in ("pass", "fail", "warn", "late", "unsupported", "harness error", "unchecked"):
        assert label in text


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = hostile_run(tmp_path)
    page = page_of(folder)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert not [each for each in page.values("href") if not each.startswith("#")]
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text
    assert not set(page.text) & {"\x00", "\x1b", "\u202e", "\ud83d"}


def test_a_run_of_nothing_says_that_nothing_was_verified(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="run", meta=RunMeta(), clock=lambda: STARTED)
    folder.finish(clock=lambda: ENDED)
    page = page_of(folder)
    assert "Nothing verified" in page.text
    assert "Exit code 5" in page.text
    assert "Findings" not in page.text


def test_an_interrupted_run_tells_what_it_had_seen(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="run", meta=RunMeta(target="blog"), clock=lambda: STARTED)
    folder.add_outcome(Outcome(test="t", world="wire", held={"BC-1": 3}))
    folder.finish(interrupted=True, clock=lambda: ENDED)
    text = page_of(folder).text
    assert "Interrupted" in text
    assert "so far: 1 requirement holds" in text


def test_a_run_in_several_engines_tells_how_each_scenario_ended_in_each_and_how_long_it_took(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="tabs", meta=RunMeta(), clock=lambda: STARTED)
    for test, status, reason, duration_s in (
        ("leave", "judged", "", 2.5),
        ("leave [firefox]", "target", "gone", 61.0),
        ("crash", "judged", "", 1.5),
        ("crash [firefox]", "skipped", "firefox cannot be made to crash a tab", 0.0),
    ):
        held = {"TAB-1": 1} if status == "judged" else {}
        folder.add_outcome(
            Outcome(test=test, world="page", status=status, reason=reason, held=held, duration_s=duration_s)
        )
    folder.finish(clock=lambda: ENDED)
    page = page_of(folder)
    assert "engines" in page.values("id")
    for told in (
        "passed, 2.5 s",
        "target lost, 1 min 01 s",
        "2 passed, in 4.0 s",
        "1 target lost, 1 not tried, in 1 min",
    ):
        assert told in page.text


@pytest.mark.slow
def test_many_findings_of_one_cause_make_one_card(tmp_path: Path, rich: RunFolder) -> None:
    leaky = rich.outcomes()[0]
    folder = RunFolder.create(tmp_path, what="many", meta=RunMeta(), clock=lambda: STARTED)
    for number in range(400):
        folder.add_outcome(Outcome(test=f"t{number}", world="wire", plan=leaky.plan, findings=leaky.findings * 5))
    folder.finish(clock=lambda: ENDED)
    text = html_report(read_run(folder)[1])
    assert text.count('<article class="finding') == 1
    assert "2,000 times" in text
    assert len(text) < 400_000
