"""Reading the files of config/ into one `Config`, with every mistake named at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.config import problems
from bot.config.administration import Administration
from bot.config.answers import Faq
from bot.config.config import Config
from bot.config.contacts import Contacts
from bot.config.document import Document, Trail
from bot.config.holidays import Holidays
from bot.config.places import Branches, Facilities, Places
from bot.config.services import CaseRules, Categories, Systems
from bot.config.templates import Templates
from bot.errors import ConfigurationError

FILES: dict[str, type[BaseModel]] = {
    "branches": Branches,
    "places": Places,
    "facilities": Facilities,
    "holidays": Holidays,
    "systems": Systems,
    "categories": Categories,
    "contacts": Contacts,
    "faq": Faq,
    "services": Administration,
    "cases": CaseRules,
    "templates": Templates,
}
"""The files of config/, by name without ``.yml``, and their form."""

MEANINGS = Path("rasa") / "domain.yml"
"""Where the intents are named, which answers refer to."""

UNIQUE = {
    "branches": ("branches[].code", "branches[].case_prefix", "branches[].covers[]", "branches[].aliases[]"),
    "places": ("provinces[].name",),
    "facilities": ("facilities[].code",),
    "systems": ("systems[].code", "systems[].aliases[]"),
    "categories": ("categories[].key",),
    "contacts": ("contacts[].code", "topics[].code"),
    "faq": ("answers[].intent", "questions[].code", "questions[].phrases[]"),
    "services": ("services[].code", "services[].letter", "services[].intent"),
}
"""Values that may stand once only in their file, compared without regard to case."""


def load_config(folder: Path) -> Config:
    """The configuration in `folder`.

    Raises:
        ConfigurationError: with every mistake in every file, each with file, line, what was found, what is expected.
    """
    wrong: list[str] = []
    documents: dict[str, Document] = {}
    parts: dict[str, Any] = {}
    for name, model in FILES.items():
        try:
            documents[name] = Document(folder / f"{name}.yml")
            parts[name] = model.model_validate(documents[name].value)
        except ConfigurationError as error:
            wrong += error.problems
        except ValidationError as error:
            wrong += problems.of_model(documents[name], model, error)
    if (folder / MEANINGS).exists():
        documents["meanings"] = Document(folder / MEANINGS)
    wrong += _repeated(documents) + _dangling(documents)
    if wrong:
        raise ConfigurationError(wrong)
    return _assembled(parts)


def _assembled(parts: Mapping[str, Any]) -> Config:
    branches: Branches = parts["branches"]
    by_code = {branch.code: branch for branch in branches.branches}
    return Config(
        branches=by_code,
        fallback_prefix=branches.fallback_prefix,
        default_branch=by_code[branches.default_branch] if branches.default_branch else None,
        provinces=parts["places"].provinces,
        facilities={item.code: item for item in parts["facilities"].facilities},
        systems={item.code: item for item in parts["systems"].systems},
        categories={item.key: item for item in parts["categories"].categories},
        contacts={item.code: item for item in parts["contacts"].contacts},
        faq={item.intent: item for item in parts["faq"].answers},
        questions={item.code: item for item in parts["faq"].questions},
        topics={item.code: item for item in parts["contacts"].topics},
        holidays=parts["holidays"],
        cases=parts["cases"],
        services={item.code: item for item in parts["services"].services},
        consent=parts["services"].consent,
        templates=parts["templates"].templates,
    )


def _repeated(documents: Mapping[str, Document]) -> list[str]:
    wrong = []
    for name, patterns in UNIQUE.items():
        for pattern in patterns if name in documents else ():
            first: dict[str, Trail] = {}
            for trail, value in documents[name].each(pattern):
                before = first.setdefault(str(value).lower(), trail)
                if before != trail:
                    line = documents[name].line(before)
                    found = problems.quoted(value)
                    wrong.append(f"{documents[name].at(trail)}: found {found} twice, first in line {line}")
    return wrong


def _dangling(documents: Mapping[str, Document]) -> list[str]:
    """References to what is not there. Where the file referred to is unreadable, nothing is said."""
    known = {kind: list(_known(documents, kind)) for kind in {kind for _, _, kind, _ in REFERENCES}}
    wrong = []
    for name, pattern, kind, expected in REFERENCES:
        for trail, value in documents[name].each(pattern) if name in documents and known[kind] else ():
            if value is not None and value not in known[kind]:
                wrong.append(
                    f"{documents[name].at(trail)}: {problems.not_known(value, known[kind], expected)}"
                )
    return wrong


REFERENCES = (
    ("branches", "default_branch", "branch", "null or the code of a branch"),
    ("branches", "branches[].province", "province", "a province of places.yml"),
    ("branches", "branches[].covers[]", "town", "a city or regency of places.yml"),
    ("branches", "branches[].outage_guidance{}", "system", "a code of systems.yml"),
    ("places", "provinces[].middles{}", "town", "a city or regency of places.yml"),
    ("facilities", "facilities[].branch", "branch", "the code of a branch"),
    ("facilities", "facilities[].city", "town", "a city or regency of places.yml"),
    ("holidays", "holidays[].provinces[]", "province", "a province of places.yml"),
    ("holidays", "duty_days[].branches[]", "branch", "the code of a branch"),
    ("systems", "systems[].instead[]", "contact", "a code of contacts.yml"),
    ("contacts", "contacts[].depends_on[]", "system", "a code of systems.yml"),
    ("contacts", "contacts[].serves[]", "topic", "a code of topics"),
    ("faq", "answers[].intent", "intent", "an intent of rasa/domain.yml"),
    ("faq", "questions[].intents[]", "intent", "an intent of rasa/domain.yml"),
    ("faq", "questions[].leads_to", "intent", "an intent of rasa/domain.yml"),
    ("services", "services[].intent", "intent", "an intent of rasa/domain.yml"),
    ("services", "services[].conditions[].instead", "service", "the code of a service"),
    ("cases", "on_call[].branches[]", "branch", "the code of a branch"),
)
"""File, where in it, what is referred to, and how that is called."""


def _known(documents: Mapping[str, Document], kind: str) -> Iterable[str]:
    file, patterns = {
        "branch": ("branches", {"branches[].code": ""}),
        "system": ("systems", {"systems[].code": ""}),
        "province": ("places", {"provinces[].name": ""}),
        "service": ("services", {"services[].code": ""}),
        "contact": ("contacts", {"contacts[].code": ""}),
        "topic": ("contacts", {"topics[].code": ""}),
        "intent": ("meanings", {"intents[]": ""}),
        "town": ("places", {"provinces[].cities[]": "Kota ", "provinces[].regencies[]": "Kabupaten "}),
    }[kind]
    for pattern, before in patterns.items():
        for _, value in documents[file].each(pattern) if file in documents else ():
            yield f"{before}{value}"
