"""Run the crash harness: ``python -m tests.chaos --seed N --seconds S --conversations M``."""

import asyncio
import secrets
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

from tests.chaos.storm import Plan, Report, run
from tests.chaos.weather import forecast

_SHOWN = 40  # findings


def main() -> None:
    """Read the options, run, print the report; the exit code is 1 if anything went wrong."""
    parser = ArgumentParser(description="The service under fire.")
    parser.add_argument(
        "--seed", type=int, default=None, help="the weather and the script; drawn when left out"
    )
    parser.add_argument("--seconds", type=float, default=480.0, help="how long things break")
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--at-once", type=int, default=40, help="conversations at the same time")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two blows, on average")
    parser.add_argument(
        "--patience", type=float, default=300.0, help="seconds until something counts as stuck"
    )
    parser.add_argument("--crowd", type=int, default=600, help="who only hear news, on each channel")
    parser.add_argument("--folder", type=Path, default=None, help="keep databases and logs there")
    parser.add_argument("--forecast", action="store_true", help="only print what would break, and when")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else secrets.randbelow(1_000_000)
    plan = Plan(
        seed, given.seconds, given.conversations, given.at_once, given.every, given.patience, given.crowd
    )
    _tell(
        f"seed {seed}: python -m tests.chaos --seed {seed} --seconds {given.seconds:g} "
        f"--conversations {given.conversations} --at-once {given.at_once} --every {given.every:g} "
        f"--crowd {given.crowd}"
    )
    if given.forecast:
        for event in forecast(seed, given.seconds, given.every):
            _tell(f"{event.at:8.1f} s  {event.blow} ({event.which}), {event.seconds:.1f} s")
        return
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="siaga-chaos-") as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(run(plan, folder, _tell))
    _tell(written(report, time.monotonic() - began))
    sys.exit(0 if report.good else 1)


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def written(report: Report, seconds: float) -> str:
    """The report as people read it."""
    findings = report.reckoning.findings
    parts = [
        f"seed {report.plan.seed}, {seconds:.0f} s",
        _table("What was done", report.figures),
        _table("What broke", report.blows),
        _table("How the providers failed", report.failed_requests),
        _table("What the service logged", report.logged),
        _table("What is wrong (all zeros is the bar)", report.reckoning.figures),
    ]
    parts += [f"  {one.wrong}: {one.whose}: {one.what[:300]}" for one in findings[:_SHOWN]]
    if len(findings) > _SHOWN:
        parts.append(f"  ... and {len(findings) - _SHOWN} more")
    if findings:
        parts += report.diary
    if report.strays:
        kinds = Counter(report.strays)
        parts.append(f"{len(report.strays)} lines of the logs are no events, such as:")
        parts += [f"  {line}" for line, _ in kinds.most_common(10)]
    parts.append("Everything is there once and in order." if report.good else f"{len(findings)} findings.")
    return "\n".join(parts)


def _table(title: str, figures: dict[str, int]) -> str:
    return "\n".join([f"{title}:", *(f"  {count:>7}  {name}" for name, count in figures.items())])


if __name__ == "__main__":
    main()
