"""The figures as text, as a table for the documentation, and as JSON."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.outcome import Result, Side


def heading(about: Mapping[str, Any]) -> str:
    """Say on what it was measured, and with what."""
    computer = about["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"{computer['cores']} cores ({computer['processor']}), {computer['memory_gb']} GB, "
        f"Linux {computer['kernel']}, Python {computer['python']}; {versions}; rounds: {about['rounds']}"
    )


def text(result: Result) -> str:
    """Give one row for people at a terminal."""
    lines = [f"\n{result.name}: {result.work}"]
    lines += [f"  {one.name:<32}{_figures(one)}" for one in (result.subject, *result.peers)]
    lines += [f"  {one.text}" for one in result.checks]
    return "\n".join(lines)


def markdown(results: Sequence[Result], about: Mapping[str, Any]) -> str:
    """Give all rows as a table."""
    lines = [
        f"{heading(about)}.",
        "",
        "| Work | Client | Time | Requests | Sent | Memory | pushstep must be | and is |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in results:
        must = "<br>".join(check.must for check in one.checks)
        found = "<br>".join(check.found for check in one.checks)
        lines.append(_line(one.work, "**pushstep**", one.subject, must, found))
        lines += [_line("", peer.name, peer, "", "") for peer in one.peers]
    return "\n".join(lines) + "\n"


def _line(work: str, name: str, side: Side, must: str, found: str) -> str:
    return f"| {' | '.join((work, name, _seconds(side), *_counts(side), must, found))} |"


def machine() -> dict[str, Any]:
    """Say what it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9),
        "processor": _processor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def document(results: Sequence[Result], about: Mapping[str, Any]) -> dict[str, Any]:
    """Give everything that was measured."""
    return {**about, "rows": [_row(one) for one in results]}


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "work": result.work,
        "holds": result.holds,
        "checks": [asdict(one) | {"holds": one.holds} for one in result.checks],
        "clients": [_side(one) for one in (result.subject, *result.peers)],
    }


def _side(side: Side) -> dict[str, Any]:
    summed = {"median": side.median, "megabytes": side.megabytes} if side.runs else {}
    counted = asdict(side.counted) if side.counted else None
    runs = [asdict(one) for one in side.runs]
    return {"name": side.name, **summed, "error": side.error, "counted": counted, "runs": runs}


def _seconds(side: Side) -> str:
    if side.error or not side.runs:
        return "failed"
    return f"{side.median:.2f} s [{min(side.seconds):.2f}-{max(side.seconds):.2f}]"


def _counts(side: Side) -> tuple[str, str, str]:
    counted = side.counted
    memory = f"{side.megabytes:.0f} MB" if side.runs else "-"
    return (f"{counted.requests:,}", _size(counted.sent), memory) if counted else ("-", "-", memory)


def _figures(side: Side) -> str:
    if side.error or not side.runs:
        return f"failed: {(side.error.splitlines() or [''])[-1][:200]}"
    requests, sent, memory = _counts(side)
    counted = f"{requests:>7} requests {sent:>10} sent" if side.counted else ""
    return f"{_seconds(side):<24} {counted} {memory:>8} of memory"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size:,} B"  # noqa: PLR2004 - two units


def _processor() -> str:
    for known in Path("/proc/cpuinfo").read_text().splitlines():
        if known.startswith("model name"):
            return known.partition(":")[2].strip()
    return platform.machine()
