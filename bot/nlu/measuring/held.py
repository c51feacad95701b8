"""The held messages: written apart from the training data, never trained or tuned on, there to measure with."""

from collections.abc import Sequence
from pathlib import Path

from bot.errors import ConfigurationError
from bot.nlu.training import Example, Labels, read_examples
from bot.settings import HOME

FOLDER = HOME / "tests" / "nlu"


def held_files() -> list[Path]:
    """The project's own files, where they are installed."""
    return sorted(FOLDER.glob("held*.yml"))


def read_held(files: Sequence[Path], labels: Labels) -> list[Example]:
    """The messages of all files.

    Raises:
        ConfigurationError: there is no file, or one is wrong; says file and line.
    """
    if not files:
        raise ConfigurationError(
            [f"{FOLDER} has no held messages to measure with: name files with --held FILE"]
        )
    return [example for path in files for example in read_examples(path, labels)]
