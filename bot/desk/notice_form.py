"""The form of a notice: what was entered, kept as it was entered, and what it means."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from bot.config import Config
from bot.desk.forms import LONGEST
from bot.desk.forms import field as text_field
from bot.desk.forms import fields as list_field
from bot.notices.publishing import NewNotice
from bot.storage.tables import Agent, Notice, NoticeKind

LONGEST_TITLE = 120
SCOPES = ("branches", "provinces", "national")


class BadForm(Exception):
    """Some fields are wrong: keys of the desk's words, by field."""

    def __init__(self, wrong: dict[str, str]) -> None:
        self.wrong = wrong
        super().__init__(", ".join(wrong))


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What is in the fields. Times are as browsers write them, ``2026-11-23T08:00``, on the clock of the scope."""

    kind: str = "closure"
    title: str = ""
    body: str = ""
    reach: str = "branches"
    branches: list[str] = field(default_factory=list)
    provinces: list[str] = field(default_factory=list)
    affects: list[str] = field(default_factory=list)
    starts_at: str = ""
    ends_at: str = ""
    open_ended: bool = False
    cause: str = ""
    guidance: str = ""
    replacement_office: str = ""
    alternatives: list[str] = field(default_factory=list)
    broadcast: bool = False

    @property
    def scope(self) -> dict[str, Any]:
        """The scope as notices have it."""
        if self.reach == "national":
            return {"national": True}
        return {self.reach: getattr(self, self.reach)}

    @property
    def fingerprint(self) -> str:
        """Changes with every entry: what is published is what was previewed."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


_LISTS = ("branches", "provinces", "affects", "alternatives")
_FLAGS = ("open_ended", "broadcast")


def read(form: FormData) -> Entered:
    """What was sent."""
    values: dict[str, Any] = {name: list_field(form, name) for name in _LISTS}
    values |= {name: bool(text_field(form, name)) for name in _FLAGS}
    rest = Entered.__dataclass_fields__.keys() - set(_LISTS) - set(_FLAGS)
    values |= {name: text_field(form, name) for name in rest}
    return Entered(**values) if values["reach"] in SCOPES else replace(Entered(**values), reach="branches")


def blank(config: Config, agent: Agent, now: datetime) -> Entered:
    """A new form: of the agent's own branch, from now on, since what cannot wait is written in a hurry.

    Who has no branch has to choose one: a form left as it was must not close the whole country.
    """
    own = [agent.branch] if agent.branch in config.branches else []
    entered = Entered(branches=own)
    there = now.astimezone(config.zone_of_scope(entered.scope))
    return replace(entered, starts_at=_written(there.replace(second=0, microsecond=0)))


def of(config: Config, notice: Notice) -> Entered:
    """A notice as it is to be edited."""
    zone = config.zone_of_scope(notice.scope)
    reach = next(name for name in SCOPES if notice.scope.get(name))
    return Entered(
        kind=notice.kind.value,
        title=notice.title,
        body=notice.body,
        reach=reach,
        branches=list(notice.scope.get("branches", ())),
        provinces=list(notice.scope.get("provinces", ())),
        affects=list(notice.affects),
        starts_at=_written(notice.starts_at.astimezone(zone)),
        ends_at=_written(notice.ends_at.astimezone(zone)) if notice.ends_at else "",
        open_ended=notice.ends_at is None,
        cause=notice.cause or "",
        guidance=notice.guidance or "",
        replacement_office=notice.replacement_office or "",
        alternatives=list(notice.alternatives),
        broadcast=notice.broadcast,
    )


def meant(config: Config, entered: Entered) -> NewNotice:
    """The notice that is meant.

    Raises:
        BadForm: with every field that is wrong.
    """
    wrong = _texts_wrong(entered) | _choices_wrong(config, entered)
    starts_at, ends_at = _times(config, entered, wrong)
    if wrong:
        raise BadForm(wrong)
    assert starts_at is not None
    return NewNotice(
        kind=NoticeKind(entered.kind),
        title=entered.title,
        body=entered.body,
        scope=entered.scope,
        affects=entered.affects,
        starts_at=starts_at,
        ends_at=ends_at,
        cause=entered.cause or None,
        guidance=entered.guidance or None,
        replacement_office=entered.replacement_office or None,
        alternatives=entered.alternatives,
        broadcast=entered.broadcast,
    )


def _texts_wrong(entered: Entered) -> dict[str, str]:
    wrong = {}
    if not entered.title:
        wrong["title"] = "wrong.empty"
    elif len(entered.title) > LONGEST_TITLE:
        wrong["title"] = "wrong.too_long"
    for name in ("body", "cause", "guidance"):
        if len(getattr(entered, name)) > LONGEST:
            wrong[name] = "wrong.too_long"
    return wrong


def _choices_wrong(config: Config, entered: Entered) -> dict[str, str]:
    wrong = {}
    if entered.kind not in list(NoticeKind):
        wrong["kind"] = "wrong.choose"
    if entered.reach != "national" and not entered.scope[entered.reach]:
        wrong["reach"] = "wrong.nowhere"
    if not set(entered.affects) <= config.systems.keys():
        wrong["affects"] = "wrong.choose"
    if entered.kind in ("outage", "maintenance") and not entered.affects:
        wrong["affects"] = "wrong.affects_nothing"
    if not set(entered.alternatives) <= config.contacts.keys():
        wrong["alternatives"] = "wrong.choose"
    if entered.replacement_office and entered.replacement_office not in config.branches:
        wrong["replacement_office"] = "wrong.choose"
    return wrong


def _times(
    config: Config, entered: Entered, wrong: dict[str, str]
) -> tuple[datetime | None, datetime | None]:
    zone = config.zone_of_scope(entered.scope)
    starts_at, ends_at = _read_time(entered.starts_at, zone), _read_time(entered.ends_at, zone)
    if starts_at is None:
        wrong["starts_at"] = "wrong.time"
    if entered.open_ended:
        return starts_at, None
    if ends_at is None:
        wrong["ends_at"] = "wrong.time" if entered.ends_at else "wrong.no_end"
    elif starts_at and ends_at <= starts_at:
        wrong["ends_at"] = "wrong.end_before_start"
    return starts_at, ends_at


def _read_time(written: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    if at.tzinfo is not None or not 2000 <= at.year <= 2100:
        return None
    return at.replace(tzinfo=zone)


def _written(local: datetime) -> str:
    return local.strftime("%Y-%m-%dT%H:%M")
