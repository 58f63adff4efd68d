"""The table of which faulty implementation proves which requirement: docs/proof.md.

`python -m tests.faulty.prove` writes it with what caught each; `python -m tests.faulty.table` only brings names and
requirements up to date and keeps what is known of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.checks.registry import CHECKS
from harness.requirement import requirements
from tests.faulty.faults import FAULTS
from tests.implementations.right import REFERENCE, implementations

FILE = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
NOT_YET = "not run yet: `make prove`"
NOT_ALL = "page: "
"""Begins the cell of a faulty page that was put to the scenarios of its own requirement alone."""
NOBODY = "**nobody**"
MOST_TESTS = 4
ONLY_BY_STORY = {
    "TAB-6": "contexts share nothing that a client could misuse; its check is proved on written histories",
}
"""Requirements that no faulty implementation here breaks, each with the reason."""


def judged() -> list[str]:
    """Return the requirements that a check of a plan can judge, in the order of the catalogue."""
    names = {name for check in CHECKS for name in check.judges}
    return [name for name in requirements() if name in names]


def unproved() -> list[str]:
    """Return the requirements that are judged and that nothing here breaks."""
    proved = {fault.breaks for fault in FAULTS.values()} | set(ONLY_BY_STORY)
    return [name for name in judged() if name not in proved]


def shown(tests: Sequence[str]) -> str:
    """Return the cell that names these tests, the first few by name."""
    more = f" and {len(tests) - MOST_TESTS} more" if len(tests) > MOST_TESTS else ""
    return ", ".join(tests[:MOST_TESTS]) + more if tests else NOBODY


def caught() -> dict[str, str]:
    """Return what the table in docs says of what caught each faulty implementation."""
    rows = re.findall(r"^\|[^|]*\|(?:[^|\\]|\\.)*\| (\w+) \| (.*) \|$", FILE.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def is_proved(cell: str) -> bool:
    """Tell whether a cell says what of everything caught a faulty implementation."""
    return cell != NOT_YET and not cell.startswith(NOT_ALL)


def table(caught_by: Mapping[str, str]) -> str:
    """Return the table as Markdown; `caught_by` maps faulty implementations to the cell that says what caught them."""
    others = [f"`tests/implementations/{name}`" for name in implementations() if name != REFERENCE]
    lines = [
        "# Which faulty implementation proves which requirement",
        "",
        "Written by `make prove`, which puts every faulty implementation to the whole suite of its world and holds",
        "that it is caught for just the one requirement that it breaks. The right implementations on which the same",
        f"checks are silent: the reference, {', '.join(others)}.",
        "Rows that begin with `page:` name the scenarios with which `make test` tries a faulty page; `make prove` puts",
        "it to all that are written, and names those that caught it.",
        "",
        "| requirement | what it asks | faulty implementation | caught by |",
        "|---|---|---|---|",
    ]
    for name in judged():
        sentence = requirements()[name].sentence.split(" → ")[0].replace("|", "\\|")
        lines += [
            f"| {name} | {sentence} | {fault.name} | {caught_by.get(fault.name, NOT_YET)} |"
            for fault in FAULTS.values()
            if fault.breaks == name
        ]
        if name in ONLY_BY_STORY:
            lines.append(f"| {name} | {sentence} | none: {ONLY_BY_STORY[name]} | tests/checks |")
    lines += [
        "",
        "Under load, `tests/loading/liar.py` loses, doubles, reorders, leaks and corrupts an exact number of",
        "deliveries, and the counts are held to be exactly that many, with one process and with two workers.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(caught()), "utf-8")
