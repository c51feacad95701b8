"""Whether a new model may take the place of the one in service: only when it is no worse on the held messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.nlu.measuring.evaluation import Measured, Told, Verdict
from bot.nlu.models import Kept, Unusable
from bot.nlu.sides import Side
from bot.nlu.training import Example

WRONG_AT_MOST = 0.02
"""Share of confident and wrong answers that a new model may have in any case."""
WORST_LINES = 10
LONGEST = 100
FIGURES = {
    "understood": "understood",
    "accuracy": "right intent",
    "confident_wrong": "confident and wrong",
    "emergency": "emergencies recognised",
    "out_of_scope": "out of scope recognised",
    "top3": "right one among three",
    "coverage": "acted on",
    "entity_f1": "entities, F1",
}
"""What is noted of a model and shown, with titles."""

Say = Callable[[str], None]


def held_figures(measured: Measured) -> dict[str, float]:
    """A measurement in short, as it is noted with a model."""
    report = measured.report()
    return {
        "n": len(measured.examples),
        "understood": report["understood"],
        "accuracy": report["intent_accuracy"],
        "confident_wrong": report["act"]["confident_wrong"],
        "emergency": _recall(report, "emergency"),
        "out_of_scope": _recall(report, "out_of_scope"),
        "top3": report["top3_accuracy"],
        "coverage": report["act"]["coverage"],
        "entity_f1": report["entity_f1"],
    }


def _recall(report: dict[str, dict[str, dict[str, float]]], intent: str) -> float:
    return report["intents"].get(intent, {}).get("recall", 0.0)


@dataclass(frozen=True)
class Compared:
    """The model in service and a new one on the same held messages."""

    before: Measured
    after: Measured

    @cached_property
    def figures(self) -> tuple[dict[str, float], dict[str, float]]:
        """Of the model in service, and of the new one."""
        return held_figures(self.before), held_figures(self.after)

    @cached_property
    def worse(self) -> list[str]:
        """The figures, of those that decide, in which the new model is worse."""
        before, after = self.figures
        lower = [name for name in ("understood", "accuracy", "emergency") if after[name] < before[name]]
        wrong = after["confident_wrong"] > max(before["confident_wrong"], WRONG_AT_MOST)
        return lower + ["confident_wrong"] * wrong

    def table(self) -> list[str]:
        """Both side by side."""
        before, after = self.figures
        rows = [f"{'':<26}{'in service':>12}{'new':>12}"]
        for name, title in FIGURES.items():
            mark = "  worse" if name in self.worse else ""
            rows.append(f"{title:<26}{before[name]:>12.2%}{after[name]:>12.2%}{mark}")
        return rows

    def worse_lines(self) -> list[str]:
        """Messages that the figures got worse by, at most `WORST_LINES` of them."""
        of_both = zip(self.before.examples, self.before.verdicts, self.after.verdicts, strict=True)
        places = [
            at
            for at, (example, old, new) in enumerate(of_both)
            if any(_good(name, example, old) and not _good(name, example, new) for name in self.worse)
        ]
        return [self._line(at) for at in places[:WORST_LINES]]

    def _line(self, at: int) -> str:
        example, found = self.after.examples[at], self.after.read[at]
        text = " ".join(example.text.split())
        short = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
        where = f"{Path(example.file).name}:{example.line}"
        return f"{where}: {example.intent} taken for {found.intent or 'nothing'} ({found.confidence:.2f}): {short}"


def _good(figure: str, example: Example, verdict: Verdict) -> bool:
    """Whether a message counts for a figure rather than against it."""
    match figure:
        case "understood":
            return verdict.understood
        case "confident_wrong":
            return not verdict.confident_wrong
        case "emergency":
            return verdict.right or example.intent != "emergency"
        case _:
            return verdict.right


async def promote(side: Side, new: Kept, held: Sequence[Example], say: Say, told: Told) -> bool:
    """Put a model into service when it is no worse on the held messages; says why, both ways.

    Returns:
        Whether it is in service now.

    Raises:
        Unusable: the new model cannot be used. The one in service stays.
        Overtaken: meanwhile another one came into service.
    """
    if not side.models.usable(new):
        raise Unusable(f"Model {new.name} is of {new.about['made_by']}, expected {side.models.made_by}.")
    named, current = side.models.current(), side.models.in_service()
    if named == new.name:
        say(f"Model {new.name} is in service already.")
        return True
    after = await side.measure(new, held, told)
    side.models.note(new, held=held_figures(after))
    before = await _measured(side, current, held, told)
    if before is None:
        say("No model that can be used was in service.")
    elif not _no_worse(Compared(before, after), say):
        say(f"Model {before.model} stays in service.")
        return False
    side.models.promote(new, instead_of=named)
    say(f"Model {new.name} is in service. The one before comes back with: siaga nlu rollback{side.option}")
    return True


def _no_worse(compared: Compared, say: Say) -> bool:
    for line in [f"On {len(compared.after.examples)} held messages:", *compared.table()]:
        say(line)
    if not compared.worse:
        return True
    say(
        f"The new model is worse: {', '.join(FIGURES[name] for name in compared.worse)}. Messages that got worse:"
    )
    for line in compared.worse_lines():
        say(f"  {line}")
    return False


async def _measured(side: Side, kept: Kept | None, held: Sequence[Example], told: Told) -> Measured | None:
    """A model in service on the held messages; None when there is none that can be used."""
    if kept is None or not side.models.usable(kept):
        return None
    try:
        measured = await side.measure(kept, held, told)
    except Unusable:
        return None
    side.models.note(kept, held=held_figures(measured))
    return measured
