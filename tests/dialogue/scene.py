"""A talk without a database: a participant says things, the pure engine answers, look-ups come from a dict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bot.config import Config, load_config
from bot.config.listed import Search
from bot.dialogue.answering import FindAnswer, Found
from bot.dialogue.commands import Commands
from bot.dialogue.engine import Reply, Turn
from bot.dialogue.flow import Flows
from bot.dialogue.requests import Effect
from bot.dialogue.several import Understand
from bot.dialogue.state import Dialogue, Said, dump, load
from bot.dialogue.talk import World
from bot.facilities.finding import configured, page
from bot.flows import effects, lookups
from bot.flows.registry import FLOWS
from bot.messages import NOTHING, Entity, Interpretation, Location, Media, MediaKind, Option, Thresholds
from bot.settings import HOME
from bot.texts import Texts, load_texts

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday, 09.00 WIB and 10.00 WITA."""
THRESHOLDS = Thresholds(act=0.6, ask=0.3)
"""Of the interpreter that the scenes imagine."""


@cache
def sample() -> tuple[Config, Texts]:
    """The shipped configuration."""
    return load_config(HOME / "config"), load_texts(HOME / "config" / "texts")


@dataclass
class Scene:
    """One participant. `answers` gives what the shell would look up or do, by the request's type."""

    now: datetime = MONDAY
    answers: dict[type, Callable[[Any], Any]] = field(default_factory=dict)
    dialogue: Dialogue = field(default_factory=Dialogue)
    done: list[Any] = field(default_factory=list)
    queued: bool = False
    thresholds: Thresholds = THRESHOLDS
    flows: Flows = field(default_factory=lambda: FLOWS)
    our_branch: str | None = None
    replies: list[Reply] = field(default_factory=list)
    understood: str = ""
    waits_with: str | None = None

    def say(
        self,
        text: str = "",
        intent: str = "",
        confidence: float = 0.95,
        *,
        also: Sequence[str] = (),
        second: tuple[str, str] | None = None,
        tapped: str | None = None,
        media: int = 0,
        kind: MediaKind = MediaKind.IMAGE,
        unsupported: str | None = None,
        location: Location | None = None,
        refers: Mapping[str, str] | None = None,
        **entities: str,
    ) -> list[str]:
        """Say something; `entities` are words of the text by entity name, `second` the words and the intent
        of a second request in it, `refers` what it refers to (fields of `Said`). Gives the replies' keys."""
        found = tuple(
            Entity(entity=name, value=value, start=text.index(value), end=text.index(value) + len(value))
            for name, value in entities.items()
        )
        ranking = ((intent, confidence), *((name, confidence - 0.1) for name in also)) if intent else ()
        meant = Interpretation(
            text=text,
            intent=intent,
            confidence=confidence if intent else 0.0,
            ranking=ranking,
            entities=found,
            thresholds=self.thresholds,
        )
        files = tuple(Media(kind=kind, reference=f"file-{number}") for number in range(media))
        said = Said(
            interpretation=meant,
            at=self.now,
            text=text,
            tapped=tapped,
            media=files,
            unsupported=unsupported,
            location=location,
            second=Interpretation(text=second[0], intent=second[1], confidence=1.0) if second else None,
        )
        return self.take(replace(said, **(refers or {})))  # type: ignore[arg-type]

    def take(self, said: Said) -> list[str]:
        """Give one message to the engine, through the store and back as in the service."""
        config, texts = sample()
        self.dialogue = load(dump(self.dialogue))
        world = World(
            config=config, texts=texts, now=self.now, queued=self.queued, our_branch=self.our_branch
        )
        turn = Turn(self.dialogue, self.flows, world, Commands(texts))
        steps = turn.take(said)
        try:
            request = next(steps)
            while True:
                request = steps.send(self._carry_out(request))
        except StopIteration:
            pass
        self.replies = turn.replies
        self.understood = turn.understood.outcome
        self.waits_with = turn.waits_with.intent if turn.waits_with else None
        return self.keys

    @property
    def keys(self) -> list[str]:
        """The keys of the last replies."""
        return [reply.key for reply in self.replies]

    @property
    def options(self) -> list[Option]:
        """The buttons under the last replies."""
        return [option for reply in self.replies for option in reply.options]

    @property
    def titles(self) -> list[str]:
        """What stands on the buttons under the last replies."""
        return [option.title for option in self.options]

    def tap(self, title: str) -> list[str]:
        """Tap the button with that title."""
        return self.press(next(option for option in self.options if option.title == title))

    def press(self, option: Option) -> list[str]:
        """Tap a button, also one of long ago."""
        return self.say(option.title, tapped=option.id)

    def wait(self, **time: float) -> None:
        """Let time go by."""
        self.now += timedelta(**time)

    def left_alone(self) -> list[str]:
        """The time comes when a form has been left alone for too long."""
        return self.take(
            Said(
                interpretation=Interpretation(text="", intent="", confidence=0), at=self.now, due="idle_form"
            )
        )

    def text(self, language: str | None = None) -> str:
        """The last replies as the participant reads them."""
        texts, spoken = sample()[1], language or self.dialogue.language
        return "\n\n".join(texts.say(reply.key, spoken, reply.values) for reply in self.replies)

    def _carry_out(self, request: Any) -> Any:
        if isinstance(request, Effect):
            self.done.append(request)
        answer = self.answers.get(type(request), _USUAL.get(type(request)))
        assert answer, f"nothing to say to {request}"
        return answer(request)


def _listed(search: Search) -> lookups.FacilitiesFound:
    """The facilities of the shipped configuration that suit a search."""
    found = page(sample()[0].listed, search, sample()[0].holidays)
    return lookups.FacilitiesFound(found.listed, found.more)


_USUAL: dict[type, Callable[[Any], Any]] = {
    lookups.Closures: lambda _: [],
    lookups.Outages: lambda _: [],
    lookups.OwnCases: lambda _: [],
    lookups.FindFacilities: lambda wanted: _listed(wanted.search),
    lookups.FacilitiesNamed: lambda wanted: tuple(configured(sample()[0], wanted.name)),
    lookups.QueuePlace: lambda _: lookups.Place(position=2, open_now=True, opens_at=None),
    effects.OpenCase: lambda _: effects.Opened(number="PLB-2611-00001", due_at=MONDAY),
    effects.ReportOutage: lambda _: effects.Opened(number="SMD-2611-00002", due_at=MONDAY),
    effects.Subscribe: lambda _: True,
    effects.Unsubscribe: lambda _: 1,
    effects.Resubscribe: lambda _: False,
    effects.RequestAgent: lambda _: effects.Queued(
        number="NAS-2611-00003", position=2, open_now=True, opens_at=None, already=False
    ),
    effects.LeaveQueue: lambda _: True,
    effects.Consent: lambda _: True,
    lookups.HowLongKept: lambda _: lookups.KeptDays(media=365, sealed=365, talks=730),
    effects.DirectoryThere: lambda _: True,
    effects.FindMember: lambda _: effects.Looked(outcome="no_match", at=MONDAY),
    FindAnswer: lambda _: Found(),
    Understand: lambda wanted: (NOTHING,) * len(wanted.texts),
    effects.NoteAnswer: lambda _: 1,
    effects.RateAnswer: lambda _: True,
}


def notice(**changes: Any) -> lookups.NoticeView:
    """A closure of Palembang as flows see it, otherwise where `changes` say so."""
    usual: dict[str, Any] = {
        "id": 1,
        "kind": "closure",
        "title": "Pelayanan tatap muka dihentikan",
        "body": "",
        "affects": ("counter",),
        "starts_at": MONDAY - timedelta(days=1),
        "ends_at": MONDAY + timedelta(days=2),
        "cause": None,
        "guidance": None,
        "replacement_office": None,
        "alternatives": (),
        "as_of": MONDAY - timedelta(hours=1),
    }
    return lookups.NoticeView(**(usual | changes))
