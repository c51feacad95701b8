"""Everything that the embedded interpreter learns, from the configuration's examples."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bot.nlu.embedded.classifier import Classifier
from bot.nlu.embedded.gazetteer import Gazetteer
from bot.nlu.embedded.interpreter import Lists
from bot.nlu.embedded.learning.intents import train
from bot.nlu.embedded.learning.tags import tags_of, telling, train_tagger
from bot.nlu.embedded.store import Model
from bot.nlu.embedded.tagger import Looker, Tagger, split
from bot.nlu.encoder import Encoder
from bot.nlu.features import Floats
from bot.nlu.noise import COPIED, Noise
from bot.nlu.training import Example
from bot.nlu.word_lists import WordLists


def fit(examples: Sequence[Example], words: WordLists, lists: Lists, encoder: Encoder | None = None) -> Model:
    """Train on examples, with an operator's word lists; a sentence encoder takes some milliseconds a text.

    One after the other: liblinear draws its random numbers from one place for the whole process, so two trainings at
    once, in threads, would disturb each other's, and the model would be another one each time.
    """
    common = common_words(examples)
    noise = Noise(words.words)
    copied = {at: noise.copy(examples[at].text) for at in range(0, len(examples), COPIED)}
    vectors = None
    if encoder:
        normalise = words.in_use()[0].normalise
        texts = [*(example.text for example in examples), *copied.values()]
        vectors = encoder.encode([normalise(text).text for text in texts])
    with _undisturbed():
        classifier = _classifier(examples, words, copied, vectors)
        tagger = _tagger(examples, words, lists, common)
    return Model(classifier, tagger, common, encoder.key if encoder else "")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the collector of cycles, which looks through millions of features again and again and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _classifier(
    examples: Sequence[Example], words: WordLists, copied: Mapping[int, str], vectors: Floats | None
) -> Classifier:
    analyser = words.in_use()[1]
    copies = [(at, analyser(text)) for at, text in copied.items()]
    analysed = [analyser(example.text) for example in examples]
    return train(analysed, [example.intent for example in examples], copies, vectors=vectors)


def _tagger(examples: Sequence[Example], words: WordLists, lists: Lists, common: frozenset[str]) -> Tagger:
    looker = Looker(words.in_use()[0], Gazetteer(lists, common), common)
    used = telling(examples)
    texts = [looker.look(example.text) for example in used]
    marked = [tags_of(text.words, example.entities) for text, example in zip(texts, used, strict=True)]
    return train_tagger(texts, marked)


def common_words(examples: Sequence[Example]) -> frozenset[str]:
    """Words that are seen often and seldom within a name: no misspelt name is looked for in them."""
    everywhere = Counter(token.word for example in examples for token in split(example.text))
    named = Counter(
        token.word for example in examples for span in example.entities for token in split(span.value)
    )
    return frozenset(word for word, count in everywhere.items() if count >= 5 and named[word] * 3 < count)
