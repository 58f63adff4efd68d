"""The HTML report: one file that needs nothing else. Chooses the template and its filters; knows no verdict rules."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from harness import __version__
from harness.checks.verdict import Status
from harness.report.charts import deliveries_over_time, latency_distribution, latency_over_time, line_over_time
from harness.report.engines import engine_table
from harness.report.view import LoadView, ReportView
from harness.report.wording import EXIT_MEANINGS, STATUS_WORDS, counted, duration, milliseconds, moment, one_line, plain
from harness.suites import suite_dir

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

OWN_HISTORY = re.compile(r"histories/[A-Za-z0-9][A-Za-z0-9._-]*")


def html_report(view: ReportView) -> str:
    """Return the report as one HTML page, with its style and script inside."""
    return _template().render(
        view=view,
        statuses=STATUS_WORDS,
        exit_meanings=EXIT_MEANINGS,
        filters=FILTERS,
        charts=_charts,
        drawn=_drawn,
        engines=engine_table(view.outcomes, statuses=view.statuses),
        own_history=lambda name: bool(OWN_HISTORY.fullmatch(name)),
        version=__version__,
    )


@cache
def _template() -> Template:
    # Only those who render a page pay for the template engine.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(suite_dir("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "prose": _prose,
        "counted": counted,
        "duration": duration,
        "milliseconds": milliseconds,
        "moment": moment,
        "one_line": one_line,
        "plain": plain,
    }
    return environment.get_template("report.html")


FILTERS = (
    ("broken", "Broken", (Status.FAIL, Status.KNOWN_FAILING, Status.WARN, Status.LATE)),
    ("untried", "Not verified", (Status.UNKNOWN, Status.UNSUPPORTED, Status.HARNESS_ERROR)),
    ("held", "Held", (Status.PASS,)),
)
"""(name, label, statuses) of the switches above the table of requirements."""


def _prose(text: str) -> Markup:
    """Return `text` escaped, with what stands between backticks as code."""
    from markupsafe import Markup, escape

    parts = plain(text).split("`")
    if len(parts) % 2 == 0:
        return escape(plain(text))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _drawn(svg: str) -> Markup:
    from markupsafe import Markup

    return Markup(svg)  # safe: built by ElementTree, which escapes


def _charts(load: LoadView) -> list[Markup]:
    from markupsafe import Markup

    measured = load.outcome.percentiles
    marks = [(f"p{name}", measured[name]) for name in ("50", "99", "99.9") if name in measured]
    drawn = (
        latency_distribution(load.outcome.histogram, marks=marks),
        latency_over_time(load.outcome.timeline),
        deliveries_over_time(load.outcome.timeline),
        *(line_over_time(points, title=one_line(name)) for name, points in load.outcome.series.items()),
    )
    # Safe: built by ElementTree, which escapes, from numbers.
    return [Markup(each) for each in drawn if each]
