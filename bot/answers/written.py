"""The report of weak answers as text, and as JSON for other programs."""

from collections.abc import Iterator
from typing import Any

from bot.answers.report import Report, Score


def as_text(report: Report) -> str:
    """The report for a terminal: one line for each answer, below it what was asked."""
    return "\n".join(_lines(report))


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "since": report.since.isoformat(),
        "answers": [
            {
                "code": score.code,
                "general": score.general,
                "given": score.given,
                "yes": score.yes,
                "no": score.no,
                "agent": score.agent,
                "weak": None if score.weak is None else round(score.weak, 3),
                "likeness": score.likeness,
                "examples": list(score.examples),
            }
            for score in report.answers
        ],
        "unanswered": [
            {"text": one.text, "count": one.count, "others": list(one.others)} for one in report.unanswered
        ],
        "expired": [{"code": code, "count": count} for code, count in report.expired],
    }


def _lines(report: Report) -> Iterator[str]:
    yield f"Answers since {report.since:%Y-%m-%d}, the weakest first"
    yield f"{'answer':32} {'given':>6} {'helped':>7} {'not':>5} {'agent':>6} {'weak':>6}"
    for score in report.answers:
        yield _line(score)
        yield from (f"    {text}" for text in score.examples)
    if not report.answers:
        yield "  none"
    yield ""
    yield "Questions without an answer of their own"
    yield from (f"{one.count:6}  {one.text}" for one in report.unanswered)
    if not report.unanswered:
        yield "  none"
    if report.expired:
        yield ""
        yield "Answers that have run out, and were asked for"
        yield from (f"{count:6}  {code}" for code, count in report.expired)


def _line(score: Score) -> str:
    name = f"{score.code} (general)" if score.general else score.code
    weak = "" if score.weak is None else f"{score.weak:.0%}"
    return f"{name:32} {score.given:6} {score.yes:7} {score.no:5} {score.agent:6} {weak:>6}"
