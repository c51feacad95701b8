"""Cases as they are asked for and answered."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.api.values import Form, Line, Maybe, MaybeLine, MaybeSaid, Paged, Said
from bot.cases.administration import AdminState
from bot.storage.tables import Author, CaseKind, CasePriority, CaseStatus


def _listed(given: Any) -> Any:
    """``?status=new&status=assigned`` and ``?status=new,assigned`` alike; blank is nothing."""
    texts = [given] if isinstance(given, str) else given
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


class CaseFilter(Paged):
    """Which cases; what is left out or blank does not filter."""

    status: Annotated[list[CaseStatus], BeforeValidator(_listed)] = Field(
        default=[], description="One or several, with commas."
    )
    state: Annotated[list[AdminState], BeforeValidator(_listed)] = Field(
        default=[],
        description="Only administrative requests whose `fields.state` is this: one or several, with commas.",
    )
    kind: Annotated[CaseKind | None, Maybe] = None
    branch: MaybeLine = Field(default=None, description="Code of a branch.")
    assignee: MaybeLine = Field(default=None, description="An agent's id, e-mail or name; `me`; `none`.")
    q: MaybeLine = Field(
        default=None, description="A case number, words of the summary, or a whole NIK or card number."
    )


class Spoken(Form):
    """Something to say: to the participant (reply) or to colleagues (note)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"body": "Baik Bapak/Ibu, kami periksa dulu."}]}
    )

    body: Said


class Remark(Form):
    """Something to say, or nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"body": "Rumah sakit sudah kami hubungi."}]})

    body: MaybeSaid = None


class DocumentsWanted(Form):
    """Documents that the participant is to send, and why: they read it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"documents": ["ktp"], "body": "Fotonya buram, NIK tidak terbaca."}]}
    )

    documents: Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(
        description="Codes of the documents of the service (services.yml)."
    )
    body: Said


class Transfer(Form):
    """Where a case goes: exactly one of the three; `body` is for whoever takes it up."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"branch": "samarinda", "body": "RS di Samarinda."}]}
    )

    agent: MaybeLine = Field(default=None, description="An agent's id, e-mail or name.")
    team: MaybeLine = None
    branch: MaybeLine = Field(default=None, description="Code of a branch.")
    body: MaybeSaid = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(target is not None for target in (self.agent, self.team, self.branch)) != 1:
            raise ValueError("say one of agent, team or branch")
        return self


class Someone(BaseModel):
    """An agent."""

    id: UUID
    name: str


class ParticipantPage(BaseModel):
    """Who the case is for. Nothing here reaches them: an answer goes through `reply`."""

    id: UUID
    channel: str
    address: str = Field(description="Masked.", examples=["whatsapp:***********234"])
    name: str | None = Field(description="As they call themselves on their channel.")
    language: str


class CasePage(BaseModel):
    """A case. Personal numbers are masked."""

    number: str = Field(examples=["PLB-2611-00042"])
    kind: CaseKind
    status: CaseStatus
    priority: CasePriority
    branch: str | None
    category: str | None
    summary: str
    fields: dict[str, Any] = Field(
        description="What the form took down. Of kind `admin` also `state` (`new`, `in_work`, `documents_missing`, "
        "`done`, `rejected`, `expired`) and, while documents are missing, `missing`: `documents` (each with "
        "`document` and `reason`) and `since`."
    )
    participant: ParticipantPage
    assignee: Someone | None
    opened_at: datetime
    due_at: datetime | None


class AttachmentPage(BaseModel):
    """A file of a case or of a line of its talk. The file itself is opened at the desk."""

    id: int
    kind: str
    content_type: str
    file_name: str
    size: int | None = Field(description="Bytes, where the channel said so.")
    document: str | None = Field(description="Which document it is, of those that the service asks for.")
    created_at: datetime


class MessagePage(BaseModel):
    """A line of the talk."""

    id: int
    author: Author
    agent: Someone | None
    body: str
    options: list[str] = Field(description="Buttons that were offered.")
    attachments: list[AttachmentPage] = Field(description="Files that came or went with it.")
    refers_to: int | None = Field(
        description="The line that the participant quotes or, if `edited`, changes."
    )
    edited: bool
    at: datetime


class By(BaseModel):
    """Who did something."""

    kind: str = Field(examples=["participant", "bot", "agent", "system"])
    id: UUID | None
    name: str | None


class Entry(BaseModel):
    """Something that happened to the case."""

    what: str = Field(examples=["opened", "claimed", "replied", "noted", "resolved"])
    by: By
    at: datetime
    public: bool = Field(description="Whether the participant hears of it.")
    detail: dict[str, Any]


class WholeCase(CasePage):
    """A case with the talk that it is part of, its history and its attachments, each oldest first."""

    messages: list[MessagePage]
    history: list[Entry]
    attachments: list[AttachmentPage]


class CaseList(BaseModel):
    """Cases, newest first."""

    items: list[CasePage]
    next: str | None = Field(description="Send it as `after` for the next page; null: this is the last.")
