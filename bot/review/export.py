"""What was labelled, as training data in Rasa's YAML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.nlu.normalising import Normaliser
from bot.nlu.training import Example, Labels
from bot.review.marking import from_json, marked, on_one_line
from bot.storage.tables import ReviewState, Understanding


@dataclass(frozen=True)
class Exported:
    """The YAML, "" where there is nothing new; how many lines it has; how many labelled messages are not in it."""

    yaml: str
    lines: int
    known: int
    """Said already: by the training data, or by another labelled message."""
    outdated: int = 0
    """Labelled with an intent or an entity that the domain no longer has."""


async def labelled(session: AsyncSession) -> list[Example]:
    """Every labelled message, the one that was labelled last first."""
    query = select(Understanding).where(Understanding.state == ReviewState.LABELLED)
    rows = await session.scalars(query.order_by(Understanding.reviewed_at.desc(), Understanding.id.desc()))
    return [Example(row.text, row.label or "", from_json(row.entities, row.text)) for row in rows]


def export(
    examples: Sequence[Example], training: Iterable[Example], labels: Labels, normaliser: Normaliser
) -> Exported:
    """The examples that say something new, sorted.

    Args:
        examples: what was labelled; of two with the same text the first counts.
        training: what the training data say already.
        labels: the intents and entities that there are.
        normaliser: texts that it makes the same are the same.
    """
    said = {normaliser.normalise(example.text).text for example in training}
    fit = [example for example in examples if example.text.strip() and _fits(example, labels)]
    new: dict[str, Example] = {}
    for example in fit:
        alike = normaliser.normalise(example.text).text
        if alike not in said:
            new.setdefault(alike, example)
    sections: dict[str, list[str]] = {}
    for example in new.values():
        sections.setdefault(example.intent, []).append(as_line(example))
    written = "".join(_section(intent, lines) for intent, lines in sorted(sections.items()))
    yaml = f'version: "3.1"\nnlu:\n{written}' if written else ""
    return Exported(yaml, len(new), len(fit) - len(new), len(examples) - len(fit))


def as_line(example: Example) -> str:
    """One example as a line of training data, its entities marked; whatever the text holds, it stays one line.

    The entities are those of the text `on_one_line`, as `labelling` keeps it.
    """
    plain = on_one_line(example.text)
    return marked(plain, example.entities)


def _fits(example: Example, labels: Labels) -> bool:
    entities = [labels.entity_problem(span.entity) for span in example.entities]
    return labels.problem(example.intent) is None and not any(entities)


def _section(intent: str, lines: Iterable[str]) -> str:
    return f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {line}\n" for line in sorted(lines))
