"""What came out of a benchmark: medians, ranges and multiples, as text, as JSON and as a page."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from harness.suites import suite_dir

from .measures import MEASURES, Sample
from .peer import BASELINE, SERVERS
from .tool import CONNECTIONS, LOAD, LOAD_MORE, RATES, TOOLS

LOAD_BASELINES = {LOAD: "locust-wsc", LOAD_MORE: "artillery"}
NOT_THE_LIMIT = 0.9
"""A generator that used more of its core than this may have been what was measured."""
AIMS = {
    ("broadcast_500", "native"): "2.0x",
    ("broadcast_2000", "native"): "2.5x",
    ("burst_16", "native"): "15x",
    ("echo", "native"): "2.0x",
    ("send_to_user", "native"): "1.5x",
    ("accepts", "native"): "2x",
    ("memory", "native"): "8 KB",
    (LOAD, "load-worker"): "8x; 1.7x Artillery",
    (LOAD_MORE, "load-worker"): "1.7x",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One peer at one measure, over all rounds."""

    peer: str
    title: str
    median: float
    low: float
    high: float
    times: float | None
    """The baseline's median in its place; None without one."""
    aim: str
    generator_share: float
    p50_ms: float | None
    lost: int

    @property
    def suspect(self) -> bool:
        """Whether the clients may have been the limit."""
        return self.generator_share > NOT_THE_LIMIT


@dataclass(frozen=True, slots=True)
class Table:
    """One measure."""

    name: str
    title: str
    unit: str
    rows: tuple[Row, ...]

    @property
    def top(self) -> float:
        """The largest value in it."""
        return max((row.high for row in self.rows), default=1.0)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured."""

    samples: tuple[Sample, ...]

    @property
    def lost(self) -> int:
        """How many messages did not come, of all that were owed."""
        return sum(sample.lost for sample in self.samples)

    @property
    def tables(self) -> tuple[Table, ...]:
        """One table a measure, in the order of the measures."""
        named = [(each.name, each.title, each.unit) for each in MEASURES]
        for name, rate in RATES.items():
            title = f"Load tools, 500 connections, {CONNECTIONS * rate:,.0f} deliveries a second"
            named.append((name, title, "deliveries received per CPU-second"))
        tables = (_table(self.samples, name=name, title=title, unit=unit) for name, title, unit in named)
        return tuple(table for table in tables if table.rows)


def _table(all_samples: Sequence[Sample], *, name: str, title: str, unit: str) -> Table:
    titles = {peer.name: peer.title for peer in SERVERS} | {tool.name: tool.title for tool in TOOLS}
    samples = [each for each in all_samples if each.measure == name]
    base = [each.value for each in samples if each.peer == LOAD_BASELINES.get(name, BASELINE)]
    base_value = statistics.median(base) if base else None
    rows = []
    for peer in titles:
        own = [each for each in samples if each.peer == peer]
        if not own:
            continue
        values = [each.value for each in own]
        delays = [each.p50_ms for each in own if each.p50_ms is not None]
        rows.append(
            Row(
                peer,
                titles[peer],
                median=statistics.median(values),
                low=min(values),
                high=max(values),
                times=statistics.median(values) / base_value if base_value else None,
                aim=AIMS.get((name, peer), ""),
                generator_share=0.0 if name in RATES else max(each.generator_share for each in own),
                p50_ms=statistics.median(delays) if delays else None,
                lost=sum(each.lost for each in own),
            )
        )
    return Table(name, title, unit, tuple(rows))


def as_text(report: Report) -> str:
    """Return the tables for a terminal."""
    lines = []
    for table in report.tables:
        lines += [f"{table.title} ({table.unit})"]
        for row in table.rows:
            line = f"  {row.title:<38} {number(row.median):>10}  {number(row.low)} to {number(row.high)}"
            line = f"{line:<78} {'' if row.times is None else f'{row.times:.2f}x':>7}"
            lines.append(line + "".join(f"   {note}" for note in notes(row)))
        lines.append("")
    return "\n".join(lines)


def notes(row: Row) -> Iterable[str]:
    """Return what is to be known beside the figures of a row."""
    if row.aim:
        yield f"aim {row.aim}"
    if row.p50_ms is not None:
        yield f"p50 {row.p50_ms:,.1f} ms"
    if row.generator_share:
        yield f"generator {row.generator_share:.0%} of a core" + (": MAY BE THE LIMIT" if row.suspect else "")
    if row.lost:
        yield f"LOST {row.lost}"


def number(value: float) -> str:
    """Return a figure with no more digits than mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def as_json(report: Report) -> str:
    """Return everything, samples too, for programs."""
    tables = [asdict(table) for table in report.tables]
    return json.dumps({"tables": tables, "samples": [asdict(each) for each in report.samples]}, indent=2) + "\n"


def as_page(report: Report) -> str:
    """Return a page with the tables and their bars."""
    environment = Environment(
        loader=FileSystemLoader([str(Path(__file__).parent), str(suite_dir("reports"))]),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("bench.html").render(report=report, number=number, notes=notes)


def write_report(report: Report, *, folder: Path) -> list[Path]:
    """Write it in all forms; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, form in {"bench.txt": as_text, "bench.json": as_json, "bench.html": as_page}.items():
        path = folder / name
        path.write_text(form(report), "utf-8")
        written.append(path)
    return written
