"""JUnit XML, for CI systems: a test case for each test, whose failure names the requirements it breaks.

Keeps to what both common schemas of the format allow: at most one result element a test case, no attributes of our own.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from harness.checks.finding import Outcome
from harness.report.record import RunMeta
from harness.report.view import ReportView
from harness.report.wording import one_line, plain

_TIMESTAMP_CHARS = len("2026-01-01T00:00:00")


def junit_report(view: ReportView) -> str:
    """Return the run as JUnit XML."""
    root = ET.Element("testsuites")
    worlds: dict[str, list[Outcome]] = {}
    for outcome in view.outcomes:
        worlds.setdefault(outcome.world or "run", []).append(outcome)
    for load in view.loads:
        raw = load.outcome
        worlds.setdefault("load", []).append(
            Outcome(
                test=f"load/{raw.scenario}",
                world="load",
                status="judged" if raw.status == "valid" else "harness",
                reason=raw.reason,
                findings=raw.findings,
                duration_s=raw.duration_s,
            )
        )
    for number, (world, outcomes) in enumerate(worlds.items()):
        _suite(root, world, outcomes, number=number, meta=view.meta)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, world: str, outcomes: list[Outcome], *, number: int, meta: RunMeta) -> None:
    results = [_result(outcome) for outcome in outcomes]
    kinds = [result.tag if result is not None else "" for result in results]
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _token(f"onesocket {world}"),
            "package": "onesocket",
            "id": str(number),
            "timestamp": (meta.started or "1970-01-01T00:00:00Z")[:_TIMESTAMP_CHARS],
            "hostname": "localhost",
            "tests": str(len(outcomes)),
            "failures": str(kinds.count("failure")),
            "errors": str(kinds.count("error")),
            "skipped": str(kinds.count("skipped")),
            "time": f"{sum(outcome.duration_s for outcome in outcomes):.3f}",
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("target", meta.target), ("url", meta.url), ("seed", meta.seed), *meta.versions.items()):
        ET.SubElement(properties, "property", {"name": _token(name), "value": one_line(value)})
    for outcome, result in zip(outcomes, results, strict=True):
        case = ET.SubElement(
            suite,
            "testcase",
            {
                "name": _token(outcome.test),
                "classname": _token(f"onesocket.{world}"),
                "time": f"{outcome.duration_s:.3f}",
            },
        )
        if result is not None:
            case.append(result)
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")


def _result(outcome: Outcome) -> ET.Element | None:
    if outcome.status == "skipped":
        return ET.Element("skipped", {"message": one_line(outcome.reason)})
    if outcome.showed_nothing:
        return ET.Element("skipped", {"message": one_line(outcome.showed_nothing)})
    if outcome.status in {"target", "harness"}:
        error = ET.Element("error", {"type": outcome.status, "message": one_line(outcome.reason, cut_chars=200)})
        error.text = plain(outcome.reason)
        return error
    if not outcome.findings:
        return None
    broken = list(dict.fromkeys(finding.requirement for finding in outcome.findings))
    failure = ET.Element(
        "failure", {"type": _token(" ".join(broken)), "message": f"breaks {_token(', '.join(broken))}"}
    )
    told = [
        f"{each.requirement} ({each.level})\n  expected: {plain(each.expected)}\n  seen:     {plain(each.seen)}"
        for each in outcome.findings
    ]
    log = [plain(line) for line in (outcome.shown[0] if outcome.shown else ())]
    failure.text = "\n".join([*told, *(["", *log] if log else [])])
    return failure


def _token(text: str) -> str:
    return " ".join(one_line(text).split()) or "unnamed"
