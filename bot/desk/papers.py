"""The documents of an administrative request, as its page shows them: what came, what is missing, what may be one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.cases.administration import missing
from bot.config.papers import document_codes, document_names
from bot.desk.context import Desk
from bot.desk.sent_files import SentFile
from bot.storage.tables import Case, CaseKind, History

PAPERS = ("image", "document")
"""The kinds of file that a document can be."""


@dataclass(frozen=True)
class Paper:
    """A document that the service asks for."""

    code: str
    name: str
    need: str
    """``required``, ``optional`` or ``on_request``, as the service says."""
    files: tuple[SentFile, ...]
    """What came for it, the newest last."""
    awaited: bool
    """Whether the participant was asked to send it and has not yet."""
    reason: str
    """What they were told about it."""
    fresh: bool
    """Whether something came for it since an agent last did anything."""


def papers(
    desk: Desk, case: Case, files: Sequence[SentFile], steps: Sequence[History], language: str
) -> list[Paper]:
    """The checklist of a request, in the order of its service; none of another case."""
    if case.kind is not CaseKind.ADMIN:
        return []
    awaited = missing(case)
    reasons: Mapping[str, str] = awaited.documents if awaited else {}
    codes = document_codes(desk.config, case.category)
    codes += [code for code in dict.fromkeys([file.document for file in files]) if code and code not in codes]
    names = document_names(desk.config, case.category, codes, language)
    service = desk.config.services.get(case.category or "")
    needs = {item.code: item.need for item in service.documents} if service else {}
    seen_until = max((step.at for step in steps if step.by_kind == "agent"), default=None)
    found = []
    for code, name in zip(codes, names, strict=True):
        came = tuple(file for file in files if file.document == code)
        fresh = any(seen_until and file.at > seen_until for file in came)
        need, reason = needs.get(code, "required"), reasons.get(code, "")
        found.append(Paper(code, name, need, came, code in reasons, reason, fresh))
    return found


def may_be_paper(file: SentFile, checklist: Sequence[Paper]) -> bool:
    """Whether a file of the talk can be taken for a document, and is not taken yet."""
    taken = {known.media_id for paper in checklist for known in paper.files}
    return bool(checklist) and file.kind in PAPERS and file.state == "stored" and file.media_id not in taken
