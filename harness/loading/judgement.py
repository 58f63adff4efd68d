"""What the counts of a load run are a matter of: findings with their requirements, and how often each held."""

from __future__ import annotations

from harness.checks.finding import Finding
from harness.loading.account import Account
from harness.loading.evidence import Counters
from harness.loading.ledger import Ledger


def findings(account: Account, counters: Counters, ledger: Ledger, *, loss_counts: bool) -> tuple[Finding, ...]:
    """Return the findings; with `loss_counts` False what is missing may be our own doing, and is none."""
    # One leak is one finding: with several users under way at once it is the requirement for that.
    isolation = "ISO-7" if _several_users(ledger) else "ISO-2"
    wrong_echoes = counters.astray + (counters.unanswered if loss_counts else 0)
    rows = (
        (isolation, "leak", counters.leaked, "no private message reaches another user", "reached another user"),
        ("ISO-5", "leak", counters.leaked_to_guest, "no private message reaches a guest", "reached a guest"),
        ("ID-3", "leak", counters.leaked_to_former, "none reaches who signed out", "reached who had signed out"),
        ("ORD-3", "loss", account.lost * loss_counts, "no loss while the connection stays open", "never arrived"),
        ("ORD-2", "duplicate", counters.duplicate, "at most once per connection", "arrived again"),
        ("ORD-1", "order", counters.reordered, "in the order of their sending", "arrived behind a later one"),
        ("BC-1", "corrupt", counters.corrupt, "each as it was published", "arrived changed"),
        ("RT-7", "echo", wrong_echoes, "each reply goes to its own request", "replies went astray or never came"),
    )  # fmt: skip
    return tuple(
        Finding(requirement=name, check="load", kind=kind, expected=expected, seen=f"{many} {seen}")
        for name, kind, many, expected, seen in rows
        if many
    )


def held(account: Account, counters: Counters, ledger: Ledger) -> dict[str, int]:
    """Return how often each requirement held that was put to the test."""
    sound = max(0, account.delivered - counters.corrupt)
    held = {
        "BC-1": min(sound, account.broadcast_delivered),
        "ISO-1": account.private_delivered,
        "ISO-2": max(0, account.kept_from_users - counters.leaked),
        "ISO-5": max(0, account.kept_from_guests - counters.leaked_to_guest),
        "ISO-7": max(0, account.kept_from_users - counters.leaked) if _several_users(ledger) else 0,
        "ORD-1": max(0, account.delivered - counters.reordered),
        "ORD-2": account.delivered,
        "ORD-3": account.delivered,
        "RT-7": counters.echoed,
    }
    return {name: times for name, times in held.items() if times}


def _several_users(ledger: Ledger) -> bool:
    return sum(bool(stream.started_s) for stream in ledger.streams[1:]) > 1
