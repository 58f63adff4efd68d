"""What a target is known to fail: the list that its user keeps, and what a run says of each entry. Pure.

A listed failure does not fail the run; a listed one that held is stale, and does. An entry that nothing put to the test
is told, and neither.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Annotated

import msgspec

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.errors import UsageError, did_you_mean

_TODO = "write lines like: ISO-2  isolation.toml::*  # ticket 12, or [[failing]] tables with requirement, match, why"


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: a requirement, and if `match` is not empty only what a check of that name, or a test, found of it.

    `match` is a name or a glob; one for a test holds the "::" or "/" of its name.
    """

    requirement: Annotated[str, msgspec.Meta(min_length=1)]
    match: str = ""
    why: str = ""

    def __str__(self) -> str:
        words = f"{self.requirement}  {self.match}".rstrip()
        return f"{words}  # {self.why}" if self.why else words

    def covers(self, finding: Finding, *, test: str) -> bool:
        """Tell whether this entry speaks of `finding`, made by `test`."""
        return finding.requirement == self.requirement and (
            not self.match or self._fits(finding.check) or self._fits(test)
        )

    def held(self, held: Iterable[tuple[str, dict[str, int]]]) -> bool:
        """Tell whether what this entry speaks of held, in (test, how often each requirement held) pairs."""
        times = [(test, names.get(self.requirement, 0)) for test, names in held]
        if self.match and (set(self.match) & set(":/") or any(self._fits(test) for test, _ in times)):
            times = [(test, number) for test, number in times if self._fits(test)]
        return any(number for _, number in times)

    def _fits(self, name: str) -> bool:
        # The brackets of a test's parameters are a set of characters to a glob.
        return name == self.match or fnmatchcase(name, self.match)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    failing: tuple[Known, ...]


def parse_known_failing(text: str, *, where: str, names: Iterable[str]) -> tuple[Known, ...]:
    """Return the entries of a list, a TOML file where `where` ends in .toml; `names` are the requirements there are.

    Raises:
        UsageError: it cannot be read, or names a requirement that does not exist.
    """
    known = _tables(text, where=where) if where.endswith(".toml") else _lines(text)
    allowed = list(names)
    for each in known:
        if each.requirement not in allowed:
            raise UsageError(
                f"no requirement is called {each.requirement!r}",
                where=f"{where}: {each}",
                todo=f"{did_you_mean(each.requirement, allowed)} (see: onesocket list requirements)",
            )
    return known


def dump_known_failing(known: Iterable[Known], *, toml: bool = False) -> str:
    """Return the list as text that `parse_known_failing` reads."""
    if not toml:
        return "".join(f"{each}\n" for each in known)
    rows = []
    for each in known:
        pairs = [f"{key} = {_quoted(value)}" for key, value in msgspec.structs.asdict(each).items() if value]
        rows.append("[[failing]]\n" + "".join(f"{pair}\n" for pair in pairs))
    return "\n".join(rows) or "failing = []\n"


def failing_of(found: Iterable[tuple[str, Finding]], *, before: Sequence[Known] = ()) -> tuple[Known, ...]:
    """Return an entry for each requirement and check of (test, finding) pairs; what `before` says of one is kept."""
    kept: dict[tuple[str, str], Known] = {}
    for test, finding in found:
        old = next((each for each in before if each.covers(finding, test=test)), None)
        seen_in = "".join(each for each in test if each.isprintable())
        new = Known(requirement=finding.requirement, match=finding.check, why=f"in {seen_in}")
        entry = old or new
        kept.setdefault((entry.requirement, entry.match), entry)
    return tuple(kept.values())


def sort_out(
    known: Sequence[Known], outcomes: Sequence[Outcome], loads: Sequence[LoadOutcome]
) -> tuple[tuple[Known, ...], tuple[Known, ...]]:
    """Return the entries that no finding bears out: the stale ones, which held, and the idle ones, which nothing tried.

    `outcomes` are the classified ones.
    """
    found = [(each.test, finding) for each in outcomes for finding in each.findings]
    found += [(f"load/{each.scenario}", finding) for each in loads for finding in each.findings]
    held = [(each.test, each.held) for each in outcomes] + [(f"load/{each.scenario}", each.held) for each in loads]
    quiet = [each for each in known if not any(each.covers(finding, test=test) for test, finding in found)]
    stale = tuple(each for each in quiet if each.held(held))
    return stale, tuple(each for each in quiet if each not in stale)


def _lines(text: str) -> tuple[Known, ...]:
    found = []
    for line in text.splitlines():
        # A test may have a "#" in its name; a comment has a space before it.
        said, _, why = f" {line}".partition(" #")
        words = said.split(maxsplit=1)
        if words:
            found.append(Known(requirement=words[0], match="".join(words[1:]).strip(), why=why.strip()))
    return tuple(found)


def _tables(text: str, *, where: str) -> tuple[Known, ...]:
    try:
        return msgspec.convert(tomllib.loads(text), _File).failing
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError("the list of known failures cannot be read", where=f"{where}: {error}", todo=_TODO) from error


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
