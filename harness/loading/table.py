"""The outcome of a load run as a few lines for a terminal."""

from __future__ import annotations

from harness.checks.finding import LoadOutcome


def table(outcome: LoadOutcome, *, where: str) -> str:
    """Return the lines, ended by a newline; `where` names the file with all of it."""
    counts = outcome.counts
    size = f"{_many(outcome.users, 'user')}, {_many(outcome.workers, 'worker')}"
    delivered = f"{counts.delivered} delivered of {counts.expected} expected"
    lines = [
        "",
        f" onesocket load: {outcome.scenario}, {size}, {outcome.duration_s:.1f} s",
        f"   {_many(counts.connections, 'connection')}, {counts.published} published, {delivered}",
        "",
        "       lost  duplicate  reordered  misdelivered  corrupt",
        f"   {counts.lost:8}  {counts.duplicate:9}  {counts.reordered:9}  {counts.misdelivered:12}  {counts.corrupt:7}",
        "",
        "   milliseconds          p50      p95      p99    p99.9      max",
        f"   due to receiver  {_row(outcome.percentiles)}",
        *(
            f"   {name:<17}{_row(found)}"
            for name, found in outcome.more.items()
            if name in {"connect", "return", "queued"}
        ),
        f"   publisher late   {_row(outcome.publish_percentiles)}",
    ]
    apart = {
        "inside the opening or closing of a connection": counts.outside_window,
        "refused": counts.refused,
        "disconnected": counts.disconnected,
    }
    if any(apart.values()):
        lines += ["", "   apart: " + ", ".join(f"{many} {what}" for what, many in apart.items() if many)]
    if outcome.asides:
        lines += ["", *(f"   {many:8} {what}" for what, many in outcome.asides.items())]
    if len(outcome.loads) > 1:
        lines += ["", "   worker       connections  deliveries  late p99 ms  of a core"]
        lines += [
            f"   {each.worker:<12} {each.connections:11}  {each.deliveries:10}  {each.lag_p99_ms:11.1f}"
            f"  {each.busy_percent:7.0f} %"
            for each in outcome.loads
        ]
    lines += [f"   {each.requirement}  {each.seen} (expected: {each.expected})" for each in outcome.findings]
    lines += [f"   e.g. {each}" for each in outcome.examples[:3]]
    lines += ["", f"   {_verdict(outcome)}", f"   {where}", ""]
    return "\n".join(lines) + "\n"


def _verdict(outcome: LoadOutcome) -> str:
    reason = f": {outcome.reason}" if outcome.reason else ""
    if outcome.findings:
        return "FINDINGS" + reason
    if outcome.status != "valid":
        return outcome.status.upper() + reason
    return outcome.reason or "ok"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _row(percentiles: dict[str, float]) -> str:
    return " ".join(f"{percentiles.get(name, 0.0):8.1f}" for name in ("50", "95", "99", "99.9", "max"))
