"""The table of which faulty implementation proves which requirement.

`python -m tests.faulty.table` writes it to docs/proof.md.
"""

from __future__ import annotations

from pathlib import Path

from harness.checks.registry import CHECKS
from harness.requirement import requirements
from tests.faulty.faults import FAULTS

FILE = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
ONLY_BY_STORY = {
    "TAB-6": "contexts share nothing that a client could misuse; its check is proved on written histories",
}
"""Requirements that no faulty implementation here breaks, each with the reason."""


def judged() -> list[str]:
    """Return the requirements that a check of a plan can judge, in the order of the catalogue."""
    names = {name for check in CHECKS for name in check.judges}
    return [name for name in requirements() if name in names]


def table() -> str:
    """Return the table as Markdown."""
    lines = [
        "# Which faulty implementation proves which requirement",
        "",
        "Written by `python -m tests.faulty.table`; `tests/faulty` holds that each is caught for just this.",
        "The right implementations on which the same checks are silent: the reference, `tests/implementations/node`,",
        "`tests/implementations/starlette`.",
        "",
        "| requirement | what it asks | faulty implementation | caught by |",
        "|---|---|---|---|",
    ]
    for name in judged():
        sentence = requirements()[name].sentence.split(" → ")[0].replace("|", "\\|")
        for fault in FAULTS.values():
            if fault.breaks == name:
                where = ", ".join(fault.plans) or "scenarios/*.toml"
                lines.append(f"| {name} | {sentence} | {fault.name} | {fault.world}: {where} |")
        if name in ONLY_BY_STORY:
            lines.append(f"| {name} | {sentence} | none: {ONLY_BY_STORY[name]} | tests/checks |")
    lines += [
        "",
        "Under load, `tests/loading/liar.py` loses, doubles, reorders, leaks and corrupts an exact number of",
        "deliveries, and the counts are held to be exactly that many, with one process and with two workers.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(), "utf-8")
