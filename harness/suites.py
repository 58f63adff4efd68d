"""Where the folders that a tool runs (and the report's templates) are, in a wheel or in a checkout.

Must not know what is in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from harness.errors import HarnessError

SuiteName = Literal["scenarios", "browser_tests", "load", "reports"]


def suite_dir(name: SuiteName) -> Path:
    """Return the folder `name`.

    A wheel carries it in `harness/_suites/`, a checkout has it beside `harness/`. The wheel's place is asked
    first, since what lies beside an installed `harness` belongs to other packages.

    Raises:
        HarnessError: it is in neither place, so this copy of onesocket is not whole.
    """
    package = Path(__file__).parent
    places = (package / "_suites" / name, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise HarnessError(
        f"onesocket's own folder {name!r} is missing",
        where=" and ".join(str(place) for place in places),
        todo="install onesocket again, or run it from a whole checkout",
    )


def whole_suites(asked: Iterable[Path]) -> tuple[str, ...]:
    """Return the worlds ("wire", "page") whose suite is among these folders, or inside one of them."""
    folders = [path.resolve() for path in asked]
    suites = {"wire": suite_dir("scenarios").resolve(), "page": suite_dir("browser_tests").resolve()}
    return tuple(world for world, suite in suites.items() if any(each in {suite, *suite.parents} for each in folders))
