"""Everything that the embedded interpreter learns, from the configuration's examples."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bot.nlu.embedded.classifier import Classifier
from bot.nlu.embedded.gazetteer import Gazetteer
from bot.nlu.embedded.interpreter import Lists
from bot.nlu.embedded.learning.intents import train
from bot.nlu.embedded.learning.tags import tags_of, telling, train_tagger
from bot.nlu.embedded.store import Model
from bot.nlu.embedded.tagger import Looker, Tagger, split
from bot.nlu.encoder import Encoder
from bot.nlu.noise import COPIED, Noise
from bot.nlu.training import Example
from bot.nlu.word_lists import WordLists


def fit(examples: Sequence[Example], words: WordLists, lists: Lists, encoder: Encoder | None = None) -> Model:
    """Train on examples, with an operator's word lists; a sentence encoder takes some milliseconds a text.

    The tagger is trained by a process of its own meanwhile. A thread would not do: liblinear draws its random numbers
    from one place for the whole process, so two trainings at once would disturb each other's.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as aside:
        common = common_words(examples)
        tagger = aside.submit(_tagger, examples, words, lists, common)
        classifier = _classifier(examples, words, encoder)
        return Model(classifier, tagger.result(), common, encoder.key if encoder else "")


def _classifier(examples: Sequence[Example], words: WordLists, encoder: Encoder | None) -> Classifier:
    normaliser, analyser = words.in_use()
    noise = Noise(normaliser.words)
    copied = {at: noise.copy(examples[at].text) for at in range(0, len(examples), COPIED)}
    copies = [(at, analyser(text)) for at, text in copied.items()]
    analysed = [analyser(example.text) for example in examples]
    texts = [*(example.text for example in examples), *copied.values()]
    vectors = encoder.encode([normaliser.normalise(text).text for text in texts]) if encoder else None
    intents = [example.intent for example in examples]
    return train(analysed, intents, copies, vectors=vectors)


def _tagger(examples: Sequence[Example], words: WordLists, lists: Lists, common: frozenset[str]) -> Tagger:
    looker = Looker(words.in_use()[0], Gazetteer(lists, common), common)
    marked = [
        tags_of(split(example.text), [(span.entity, span.start, span.end) for span in example.entities])
        for example in examples
    ]
    used = telling(marked)
    return train_tagger([looker.look(examples[at].text) for at in used], [marked[at] for at in used])


def common_words(examples: Sequence[Example]) -> frozenset[str]:
    """Words that are seen often and seldom within a name: no misspelt name is looked for in them."""
    everywhere = Counter(token.word for example in examples for token in split(example.text))
    named = Counter(
        token.word for example in examples for span in example.entities for token in split(span.value)
    )
    return frozenset(word for word, count in everywhere.items() if count >= 5 and named[word] * 3 < count)
