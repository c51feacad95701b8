"""Notices as they are sent and answered."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, model_validator

from bot.api.values import Form, Line, Maybe, MaybeLine, MaybeWords, Moment, Paged, Said, Words
from bot.notices.standing import State, standing
from bot.storage.tables import Notice, NoticeKind, NoticeUpdate, UpdateStatus

EXAMPLE: dict[str, JsonValue] = {
    "kind": "closure",
    "title": "Pelayanan tatap muka Palembang dihentikan sementara",
    "body": "Pelayanan tatap muka dihentikan selama lima hari.",
    "scope": {"branches": ["palembang"]},
    "affects": ["counter"],
    "starts_at": "2026-09-11T08:00:00+07:00",
    "ends_at": "2026-09-16T08:00:00+07:00",
    "cause": "Beberapa pegawai terkonfirmasi positif COVID-19",
    "guidance": "Gunakan Care Center 165 atau aplikasi Mobile JKN.",
    "replacement_office": None,
    "alternatives": ["care_center", "mobile_jkn"],
    "broadcast": False,
}

Codes = Annotated[list[Line], Field(max_length=100)]


class Scope(Form):
    """Whom a notice concerns: exactly one of the three."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    national: StrictBool = Field(default=False, description="The whole country.")
    provinces: Codes = Field(default=[], description="Names of provinces, as in places.yml.")
    branches: Codes = Field(default=[], description="Codes of branches: see GET /branches.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.national, self.provinces, self.branches))) != 1:
            raise ValueError("say one of national (true), provinces or branches")
        return self


class NoticeForm(Form):
    """A notice to be published."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    kind: NoticeKind
    title: Line
    body: Words = ""
    scope: Scope
    affects: Codes = Field(default=[], description="What is closed or down: see GET /systems.")
    starts_at: Moment
    ends_at: Moment | None = Field(default=None, description="null: until further notice.")
    cause: MaybeWords = None
    guidance: MaybeWords = Field(default=None, description="What to do meanwhile.")
    replacement_office: MaybeLine = Field(default=None, description="Code of the branch that stands in.")
    alternatives: Codes = Field(default=[], description="Channels to use instead, by code of contacts.yml.")
    broadcast: StrictBool = Field(
        default=False, description="Tell subscribers in the scope of it, of its updates and of its end."
    )


def _not_given() -> Any:
    """Stands for a member that was not sent; what was sent is in `model_fields_set`."""
    return None


class NoticeChanges(Form):
    """What is to be different about a notice; what is left out stays. An `ends_at` in the past ends it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2026-09-14T15:00:00+07:00"}]})

    kind: NoticeKind = Field(default_factory=_not_given)
    title: Line = Field(default_factory=_not_given)
    body: Words = Field(default_factory=_not_given)
    scope: Scope = Field(default_factory=_not_given)
    affects: Codes = Field(default_factory=_not_given)
    starts_at: Moment = Field(default_factory=_not_given)
    ends_at: Moment | None = Field(default_factory=_not_given)
    cause: MaybeWords = Field(default_factory=_not_given)
    guidance: MaybeWords = Field(default_factory=_not_given)
    replacement_office: MaybeLine = Field(default_factory=_not_given)
    alternatives: Codes = Field(default_factory=_not_given)
    broadcast: StrictBool = Field(default_factory=_not_given)


class UpdateForm(Form):
    """What became known of a notice; "resolved" ends it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "identified", "body": "Sumber gangguan sudah ditemukan dan sedang diperbaiki."}
            ]
        }
    )

    status: UpdateStatus
    body: Said


class NoticeFilter(Paged):
    """Which notices."""

    active: Annotated[
        bool | None, Maybe, Field(description="true: under way now; false: planned or over; left out: all.")
    ] = None


class UpdatePage(BaseModel):
    """What became known, and when."""

    id: int
    status: UpdateStatus
    body: str
    at: datetime


class NoticePage(BaseModel):
    """A notice."""

    id: int
    kind: NoticeKind
    state: State
    title: str
    body: str
    scope: dict[str, Any] = Field(description="As it was sent: national, provinces or branches.")
    affects: list[str]
    starts_at: datetime
    ends_at: datetime | None
    cause: str | None
    guidance: str | None
    replacement_office: str | None
    alternatives: list[str]
    broadcast: bool
    created_at: datetime
    changed_at: datetime
    latest_update: UpdatePage | None


class WholeNotice(NoticePage):
    """A notice and all that became known of it, oldest first."""

    updates: list[UpdatePage]


class NoticeList(BaseModel):
    """Notices, newest first."""

    items: list[NoticePage]
    next: str | None = Field(description="Send it as `after` for the next page; null: this is the last.")


def update_page(update: NoticeUpdate) -> UpdatePage:
    """An update as it is answered."""
    return UpdatePage(id=update.id, status=update.status, body=update.body, at=update.at)


def notice_page(notice: Notice, latest: NoticeUpdate | None, now: datetime) -> NoticePage:
    """A notice as it is answered in a list."""
    own = {name: getattr(notice, name) for name in NoticePage.model_fields if hasattr(notice, name)}
    latest_update = update_page(latest) if latest else None
    return NoticePage(**own, state=standing(notice, now), latest_update=latest_update)


def whole_notice(notice: Notice, updates: list[NoticeUpdate], now: datetime) -> WholeNotice:
    """A notice as it is answered one by one."""
    short = notice_page(notice, updates[-1] if updates else None, now)
    return WholeNotice(**dict(short), updates=[update_page(update) for update in updates])
