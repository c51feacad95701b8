"""Everything that the embedded interpreter learns, from the configuration's examples."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot.nlu.embedded import Lists, word_lists
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.learning.intents import train
from bot.nlu.learning.tags import tags_of, train_tagger
from bot.nlu.noise import Noise
from bot.nlu.store import Model
from bot.nlu.tagger import Looker, split
from bot.nlu.training import Example, read_labels, read_training

COPIED = 3
"""Every third example is learned from in a noisy copy too."""


def train_embedded(config_dir: Path, lists: Lists) -> Model:
    """Train on the configuration's examples.

    Raises:
        ConfigurationError: as `load_embedded`.
    """
    labels = read_labels(config_dir / "rasa" / "domain.yml")
    return fit(read_training(config_dir / "rasa" / "nlu", labels), config_dir, lists)


def fit(examples: Sequence[Example], config_dir: Path, lists: Lists) -> Model:
    """Train on given examples, with the configuration's word lists."""
    normaliser, analyser = word_lists(config_dir)
    noise = Noise(normaliser.words)
    copies = [(at, analyser(noise.copy(examples[at].text))) for at in range(0, len(examples), COPIED)]
    analysed = [analyser(example.text) for example in examples]
    classifier = train(analysed, [example.intent for example in examples], copies)
    common = common_words(examples)
    looker = Looker(normaliser, Gazetteer(lists, common), common)
    seen = [looker.look(example.text) for example in examples]
    marked = [
        tags_of(text.words, [(span.entity, span.start, span.end) for span in example.entities])
        for text, example in zip(seen, examples, strict=True)
    ]
    return Model(classifier, train_tagger(seen, marked), common)


def common_words(examples: Sequence[Example]) -> frozenset[str]:
    """Words that are seen often and seldom within a name: no misspelt name is looked for in them."""
    everywhere = Counter(token.word for example in examples for token in split(example.text))
    named = Counter(
        token.word for example in examples for span in example.entities for token in split(span.value)
    )
    return frozenset(word for word, count in everywhere.items() if count >= 5 and named[word] * 3 < count)
