"""Names of what a case holds as codes."""

from bot.config import Config
from bot.storage.tables import Case
from bot.texts import Texts


def category_name(config: Config, case: Case, language: str) -> str:
    """What a case is about: a complaint's category or a system, in words; the code where it is not configured."""
    code = case.category or ""
    if code in config.categories:
        return config.categories[code].title.text(language)
    if code in config.systems:
        return config.systems[code].name.text(language)
    return code


def place_name(config: Config, code: str | None) -> str:
    """A branch by its name."""
    return config.branches[code].name if code in config.branches else code or ""


def intent_name(texts: Texts, intent: str, language: str) -> str:
    """What a participant wants, in the words that are on their buttons; the code where there are none."""
    key = f"intent.{intent}"
    return texts.say(key, language, {}) if key in texts.keys else intent
