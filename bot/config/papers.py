"""Administrative services and their documents by the names that people read; what is not configured keeps its code."""

from collections.abc import Iterable

from bot.config.config import Config


def service_name(config: Config, service: str | None, language: str) -> str:
    """What a service is called."""
    known = config.services.get(service or "")
    return known.name.text(language) if known else service or ""


def document_codes(config: Config, service: str | None) -> list[str]:
    """The documents that a service asks for, in its order."""
    known = config.services.get(service or "")
    return [document.code for document in known.documents] if known else []


def document_calls(config: Config, service: str | None, code: str) -> list[str]:
    """Everything that a document is called: its names in every language, and other words for it."""
    known = config.services.get(service or "")
    paper = known.document(code) if known else None
    return [*paper.name.by_language().values(), *paper.words] if paper else []


def document_names(config: Config, service: str | None, codes: Iterable[str], language: str) -> list[str]:
    """What documents of a service are called, in the order of `codes`."""
    known = config.services.get(service or "")
    names = {document.code: document.name.text(language) for document in known.documents} if known else {}
    return [names.get(code, code) for code in codes]
