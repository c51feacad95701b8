"""How good an interpreter is on test messages: the figures of `siaga nlu test`."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.messages import Interpretation
from bot.nlu.interpreter import Interpreter, Thresholds
from bot.nlu.measuring.reliability import reliability
from bot.nlu.training import Example

BUTTONS = 3
BATCH = 64
MOST_CONFUSIONS = 20
UNMARKED = "unmarked"
"""The style of messages that have none noted."""

Report = dict[str, Any]
Told = Callable[[int, int], None]
"""Told how many messages of how many are done."""


@dataclass(frozen=True)
class Measured:
    """What an interpreter made of test messages.

    Args:
        examples: the messages with the truth about them.
        read: what each was taken for, in the same order.
        thresholds: of the interpreter's model.
        seconds: of interpreting alone.
        interpreter: its name.
        model: its model's name.
    """

    examples: Sequence[Example]
    read: Sequence[Interpretation]
    thresholds: Thresholds
    seconds: float = 0.0
    interpreter: str = ""
    model: str = ""

    def report(self) -> Report:
        """All figures."""
        who = {"seconds": round(self.seconds, 4), "interpreter": self.interpreter, "model": self.model}
        return {**compare(self.examples, self.read, self.thresholds), **who}

    @cached_property
    def verdicts(self) -> "list[Verdict]":
        """What became of each message."""
        return [
            judge(example, found, self.thresholds)
            for example, found in zip(self.examples, self.read, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one message.

    Args:
        right: the first intent is the true one.
        shown: the true one is among those that buttons would offer.
        acted: it was sure enough to act on.
        understood: acted on rightly, or asked back about with the true one among the buttons.
    """

    right: bool
    shown: bool
    acted: bool
    understood: bool

    @property
    def confident_wrong(self) -> bool:
        """Acted on wrongly: the worst that can happen."""
        return self.acted and not self.right


def judge(example: Example, found: Interpretation, thresholds: Thresholds) -> Verdict:
    """Compare what a message was taken for with the truth."""
    right, shown = example.intent == found.intent, example.intent in best_intents(found)
    acted, asked = found.confidence >= thresholds.act, found.confidence >= thresholds.ask
    return Verdict(right, shown, acted, understood=right if acted else shown and asked)


def best_intents(found: Interpretation) -> list[str]:
    """The intents that buttons would offer."""
    ranked = found.ranking or ((found.intent, found.confidence),)
    return [intent for intent, _ in ranked[:BUTTONS]]


async def measure(
    interpreter: Interpreter,
    examples: Sequence[Example],
    thresholds: Thresholds,
    *,
    at_once: int = BATCH,
    told: Told = lambda done, of: None,
) -> Measured:
    """Interpret every example, `at_once` of them in one call; `examples` must not be empty."""
    texts = [example.text for example in examples]
    begun = time.perf_counter()
    read: list[Interpretation] = []
    for at in range(0, len(texts), at_once):
        read += await interpreter.interpret(texts[at : at + at_once])
        told(len(read), len(texts))
    seconds = time.perf_counter() - begun
    model = str(getattr(interpreter, "model", ""))
    return Measured(examples, read, thresholds, seconds, interpreter.name, model)


async def evaluate(interpreter: Interpreter, examples: Sequence[Example], thresholds: Thresholds) -> Report:
    """The figures of an interpreter on examples, of which there must be some."""
    return (await measure(interpreter, examples, thresholds)).report()


def compare(examples: Sequence[Example], read: Sequence[Interpretation], thresholds: Thresholds) -> Report:
    """The figures of interpretations, without `seconds`, `interpreter` and `model`.

    An entity counts as found when its name and the very words (case aside) are those that a person marked.
    """
    pairs = [(example.intent, found.intent) for example, found in zip(examples, read, strict=True)]
    verdicts = Measured(examples, read, thresholds).verdicts
    intents = per_intent(pairs)
    supported = [figures["f1"] for figures in intents.values() if figures["support"]]
    entities, entity_f1 = per_entity(examples, read)
    all_together = main_figures(verdicts)
    return {
        "intent_accuracy": all_together["intent_accuracy"],
        "intent_macro_f1": share(sum(supported), len(supported)),
        "top3_accuracy": all_together["top3_accuracy"],
        "intents": intents,
        "entity_f1": entity_f1,
        "entities": entities,
        "act": {
            "threshold": round(thresholds.act, 4),
            "coverage": all_together["coverage"],
            "confident_wrong": all_together["confident_wrong"],
        },
        "understood": all_together["understood"],
        "styles": per_style(examples, verdicts),
        "reliability": reliability([found.confidence for found in read], [one.right for one in verdicts]),
        "confusions": _confusions(pairs),
    }


def main_figures(verdicts: Sequence[Verdict]) -> Report:
    """Shares of messages; `n` is how many there are."""
    count = len(verdicts)
    return {
        "n": count,
        "intent_accuracy": share(sum(one.right for one in verdicts), count),
        "top3_accuracy": share(sum(one.shown for one in verdicts), count),
        "understood": share(sum(one.understood for one in verdicts), count),
        "coverage": share(sum(one.acted for one in verdicts), count),
        "confident_wrong": share(sum(one.confident_wrong for one in verdicts), count),
    }


def per_style(examples: Sequence[Example], verdicts: Sequence[Verdict]) -> Report:
    """The main figures of each style."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for example, verdict in zip(examples, verdicts, strict=True):
        groups[example.style or UNMARKED].append(verdict)
    return {style: main_figures(groups[style]) for style in sorted(groups)}


def share(part: float, whole: float) -> float:
    """Rounded to four places; of nothing it is 0."""
    return round(part / whole, 4) if whole else 0.0


def per_intent(pairs: Sequence[tuple[str, str]]) -> Report:
    """Precision, recall, F1 and support of each intent that is true or was found."""
    right = Counter(truth for truth, found in pairs if truth == found)
    true, found = Counter(truth for truth, _ in pairs), Counter(found for _, found in pairs)
    return {name: _figures(right[name], found[name], true[name]) for name in sorted({*true, *found} - {""})}


def _figures(right: int, found: int, support: int) -> Report:
    return {
        "precision": share(right, found),
        "recall": share(right, support),
        "f1": share(2 * right, found + support),
        "support": support,
    }


def per_entity(examples: Iterable[Example], read: Iterable[Interpretation]) -> tuple[Report, float]:
    """Figures of each entity and the F1 of all together."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for example, interpretation in zip(examples, read, strict=True):
        marked = Counter(
            (span.entity, example.text[span.start : span.end].lower()) for span in example.entities
        )
        spotted = Counter(
            (entity.entity, interpretation.text[entity.start : entity.end].lower())
            for entity in interpretation.entities
        )
        for counter, spans in ((right, marked & spotted), (found, spotted), (true, marked)):
            for (entity, _), count in spans.items():
                counter[entity] += count
    figures = {name: _figures(right[name], found[name], true[name]) for name in sorted({*true, *found})}
    return figures, share(2 * right.total(), found.total() + true.total())


def _confusions(pairs: Sequence[tuple[str, str]]) -> list[Report]:
    """The most frequent mistakes, worst first."""
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:MOST_CONFUSIONS]
    return [{"intent": truth, "found": found, "count": count} for (truth, found), count in ranked]


def together(one: Measured, other: Measured) -> Measured:
    """Both interpreters as one: the mean of their rankings and of their thresholds; entities of the first.

    An intent that a ranking does not name counts there with 0.
    """
    read = [_mean(first, second) for first, second in zip(one.read, other.read, strict=True)]
    thresholds = Thresholds(
        act=(one.thresholds.act + other.thresholds.act) / 2,
        ask=(one.thresholds.ask + other.thresholds.ask) / 2,
    )
    seconds, model = one.seconds + other.seconds, f"{one.model} and {other.model}"
    return Measured(one.examples, read, thresholds, seconds, "both", model)


def _mean(one: Interpretation, other: Interpretation) -> Interpretation:
    summed: dict[str, float] = defaultdict(float)
    for intent, confidence in _ranked(one, other):
        summed[intent] += confidence / 2
    ranking = tuple(sorted(summed.items(), key=lambda item: (-item[1], item[0])))
    intent, confidence = ranking[0] if ranking else ("", 0.0)
    return Interpretation(
        text=one.text, intent=intent, confidence=confidence, ranking=ranking, entities=one.entities
    )


def _ranked(*read: Interpretation) -> Iterator[tuple[str, float]]:
    for one in read:
        yield from one.ranking or ([(one.intent, one.confidence)] if one.intent else [])
