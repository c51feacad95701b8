"""A measurement as a page in Markdown, with its pictures beside it: the folder of `siaga nlu test --report`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bot.nlu.measuring.evaluation import Measured, Report
from bot.nlu.measuring.pictures import confusion_picture, reliability_picture
from bot.nlu.measuring.reliability import interval

CONFUSIONS = 10
EXAMPLES = 3
LONGEST = 160
"""Characters of an example line."""
ALWAYS_NAMED = ("emergency", "out_of_scope")
"""Intents whose recall is a main figure."""


def write_report(folder: Path, measured: Sequence[Measured]) -> Path:
    """Write report.md, reliability.svg and for each interpreter its confusion picture; gives the page's path.

    Args:
        folder: made when it is missing; what an earlier report left there is written over.
        measured: one interpreter, or several on the same messages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reports = [one.report() for one in measured]
    for one in measured:
        pairs = [
            (example.intent, found.intent) for example, found in zip(one.examples, one.read, strict=True)
        ]
        (folder / confusion_file(one, measured)).write_text(confusion_picture(pairs), "utf-8")
    curves = [(report["interpreter"], report["reliability"]) for report in reports]
    (folder / "reliability.svg").write_text(reliability_picture(curves), "utf-8")
    page = folder / "report.md"
    page.write_text("\n".join(_page(measured, reports)) + "\n", "utf-8")
    return page


def confusion_file(one: Measured, measured: Sequence[Measured]) -> str:
    """The name of a confusion picture; with a single interpreter it needs no interpreter's name."""
    return "confusion.svg" if len(measured) == 1 else f"confusion-{one.interpreter}.svg"


def _page(measured: Sequence[Measured], reports: Sequence[Report]) -> Iterable[str]:
    files = sorted({Path(example.file).name for example in measured[0].examples})
    yield from ("# How messages are understood", "")
    yield f"{len(measured[0].examples)} messages of {', '.join(files)}. In brackets: 95% intervals (Wilson)."
    for report in reports:
        yield f"Model of {report['interpreter']}: {report['model']}."
    yield from ("", "## Main figures", "", *_main_table(measured, reports))
    yield from ("", "## By style", "", *_style_table(reports))
    yield from ("", "## How far confidences are to be believed", "", "![reliability](reliability.svg)", "")
    for report in reports:
        yield f"Expected calibration error of {report['interpreter']}: {_off(report)}."
    for one, report in zip(measured, reports, strict=True):
        yield from (
            "",
            f"## {report['interpreter']}: intents",
            "",
            f"![confusion]({confusion_file(one, measured)})",
        )
        yield from ("", *_intent_table(report["intents"]))
        yield from ("", f"## {report['interpreter']}: entities", "", *_intent_table(report["entities"]))
        yield from ("", f"## {report['interpreter']}: the worst confusions", "", *_worst(one))


def _off(report: Report) -> str:
    return _percent(report["reliability"]["expected_calibration_error"])


def _main_table(measured: Sequence[Measured], reports: Sequence[Report]) -> Iterable[str]:
    yield from _head("", [report["interpreter"] for report in reports])
    count = len(measured[0].examples)
    shares = {
        "right intent": "intent_accuracy",
        "right one among three": "top3_accuracy",
        "understood (acted on rightly, or asked back with the right one)": "understood",
    }
    for title, key in shares.items():
        yield _row(title, [_with_interval(report[key], count) for report in reports])
    for title, key in (("acted on", "coverage"), ("confident and wrong", "confident_wrong")):
        yield _row(title, [_with_interval(report["act"][key], count) for report in reports])
    for intent in ALWAYS_NAMED:
        yield _row(f"`{intent}` recall", [_recall(report["intents"].get(intent)) for report in reports])
    for title, key in (
        ("macro F1 of intents", "intent_macro_f1"),
        ("F1 of entities, exact span", "entity_f1"),
    ):
        yield _row(title, [f"{report[key]:.3f}" for report in reports])
    yield _row("act from", [f"{report['act']['threshold']:.3f}" for report in reports])
    yield _row("a message", [f"{report['seconds'] / count * 1000:.1f} ms" for report in reports])


def _recall(figures: dict[str, Any] | None) -> str:
    return _with_interval(figures["recall"], figures["support"]) if figures and figures["support"] else "-"


def _style_table(reports: Sequence[Report]) -> Iterable[str]:
    names = ["n", "right intent", "among three", "understood", "acted on", "confident and wrong"]
    keys = ["intent_accuracy", "top3_accuracy", "understood", "coverage", "confident_wrong"]
    yield from _head("style", ["interpreter", *names])
    for style in reports[0]["styles"]:
        for report in reports:
            figures = report["styles"][style]
            shares = [_percent(figures[key]) for key in keys]
            yield _row(style, [report["interpreter"], str(figures["n"]), *shares])


def _intent_table(figures: Report) -> Iterable[str]:
    yield from _head("", ["precision", "recall", "F1", "n"])
    for name, one in figures.items():
        yield _row(
            f"`{name}`", [f"{one[key]:.2f}" for key in ("precision", "recall", "f1")] + [str(one["support"])]
        )


def _worst(one: Measured) -> Iterable[str]:
    """The most frequent mistakes with some of their messages."""
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example, found in zip(one.examples, one.read, strict=True):
        if example.intent != found.intent:
            where = f"{Path(example.file).name}:{example.line}"
            sure = f"{found.confidence:.2f}"
            lines[(example.intent, found.intent)].append(f"  - {_cut(example.text)} ({where}, {sure})")
    for (truth, found_intent), wrong in sorted(lines.items(), key=lambda item: (-len(item[1]), item[0]))[
        :CONFUSIONS
    ]:
        yield f"- {len(wrong)} x `{truth}` taken for {f'`{found_intent}`' if found_intent else 'nothing'}"
        yield from wrong[:EXAMPLES]


def _cut(text: str) -> str:
    """A message on one line, its signs not read as Markdown."""
    line = " ".join(text.split())
    short = line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
    return f"`{short.replace('`', chr(39))}`"


def _with_interval(share: float, count: int) -> str:
    low, high = interval(share, count)
    return f"{_percent(share)} ({low:.1%} to {high:.1%})"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _head(first: str, names: Sequence[str]) -> Iterable[str]:
    yield _row(first, names)
    yield _row("---", ["---"] * len(names))


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |"
