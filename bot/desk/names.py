"""Names of what a case holds as codes."""

from bot.config import Config
from bot.config.papers import service_name
from bot.storage.tables import Case, CaseKind
from bot.texts import Texts


def category_name(config: Config, case: Case, language: str) -> str:
    """What a case is about, in words: a complaint's category, a service, a system; else the code."""
    code = case.category or ""
    if case.kind is CaseKind.ADMIN:
        return service_name(config, code, language)
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
