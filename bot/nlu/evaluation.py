"""How good an interpreter is on a test file: the report of `siaga nlu test`."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bot.messages import Interpretation
from bot.nlu.interpreter import Interpreter, Thresholds
from bot.nlu.training import Example

BUTTONS = 3
BATCH = 64
MOST_CONFUSIONS = 20

Report = dict[str, Any]


async def evaluate(interpreter: Interpreter, examples: Sequence[Example], thresholds: Thresholds) -> Report:
    """Interpret every example and compare; `examples` must not be empty. `seconds` is the interpreting alone."""
    texts = [example.text for example in examples]
    begun = time.perf_counter()
    read: list[Interpretation] = []
    for at in range(0, len(texts), BATCH):
        read += await interpreter.interpret(texts[at : at + BATCH])
    seconds = time.perf_counter() - begun
    report = compare(examples, read, thresholds)
    report["seconds"] = round(seconds, 4)
    report["interpreter"] = interpreter.name
    report["model"] = str(getattr(interpreter, "model", ""))
    return report


def compare(examples: Sequence[Example], read: Sequence[Interpretation], thresholds: Thresholds) -> Report:
    """The report's figures, without `seconds`, `interpreter` and `model`.

    `understood` is the share that was acted on rightly, or asked back about with the right one among the buttons.
    An entity counts as found when its name and the very words (case aside) are those that a person marked.
    """
    total = len(examples)
    pairs = [(example.intent, found.intent) for example, found in zip(examples, read, strict=True)]
    intents = per_intent(pairs)
    supported = [figures["f1"] for figures in intents.values() if figures["support"]]
    shown = [example.intent in best_intents(found) for example, found in zip(examples, read, strict=True)]
    entities, entity_f1 = per_entity(examples, read)
    return {
        "intent_accuracy": _share(sum(truth == found for truth, found in pairs), total),
        "intent_macro_f1": _share(sum(supported), len(supported)),
        "top3_accuracy": _share(sum(shown), total),
        "intents": intents,
        "entity_f1": entity_f1,
        "entities": entities,
        "act": _act(pairs, read, thresholds),
        "understood": _share(sum(_understood(pairs, shown, read, thresholds)), total),
        "confusions": _confusions(pairs),
    }


def best_intents(found: Interpretation) -> list[str]:
    """The intents that buttons would offer."""
    ranked = found.ranking or ((found.intent, found.confidence),)
    return [intent for intent, _ in ranked[:BUTTONS]]


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def per_intent(pairs: Sequence[tuple[str, str]]) -> Report:
    """Precision, recall, F1 and support of each intent that is true or was found."""
    right = Counter(truth for truth, found in pairs if truth == found)
    true, found = Counter(truth for truth, _ in pairs), Counter(found for _, found in pairs)
    return {name: _figures(right[name], found[name], true[name]) for name in sorted({*true, *found} - {""})}


def _figures(right: int, found: int, support: int) -> Report:
    return {
        "precision": _share(right, found),
        "recall": _share(right, support),
        "f1": _share(2 * right, found + support),
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
    return figures, _share(2 * right.total(), found.total() + true.total())


def _act(pairs: Sequence[tuple[str, str]], read: Sequence[Interpretation], thresholds: Thresholds) -> Report:
    acted = [one.confidence >= thresholds.act for one in read]
    wrong = sum(act and truth != found for act, (truth, found) in zip(acted, pairs, strict=True))
    return {
        "threshold": round(thresholds.act, 4),
        "coverage": _share(sum(acted), len(pairs)),
        "confident_wrong": _share(wrong, len(pairs)),
    }


def _understood(
    pairs: Sequence[tuple[str, str]],
    shown: Sequence[bool],
    read: Sequence[Interpretation],
    thresholds: Thresholds,
) -> list[bool]:
    result = []
    for (truth, found), among, one in zip(pairs, shown, read, strict=True):
        acted, asked = one.confidence >= thresholds.act, one.confidence >= thresholds.ask
        result.append(truth == found if acted else among and asked)
    return result


def _confusions(pairs: Sequence[tuple[str, str]]) -> list[Report]:
    """The most frequent mistakes, worst first."""
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:MOST_CONFUSIONS]
    return [{"intent": truth, "found": found, "count": count} for (truth, found), count in ranked]
