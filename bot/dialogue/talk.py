"""What a flow holds in its hand: the talk with one participant."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.config import Branch, Config
from bot.dialogue import shelf
from bot.dialogue.languages import Languages
from bot.dialogue.questions import Choice, Choose, Confirm, Evidence, Question, YesNo
from bot.dialogue.requests import Ask, Effect, Leave, LookUp, Say, Start, TakeBack, TakeUp
from bot.dialogue.state import Dialogue, Form, Heard, Proved
from bot.dialogue.suggesting import WhatNext
from bot.messages import Location, Media
from bot.texts import Texts

T = TypeVar("T")
STAYS = timedelta(hours=1)
"""For how long a shared place is taken to be where somebody is."""
FOLLOWS_WITHIN = timedelta(minutes=10)
"""For how long words such as "kalau besok?", or a shared place, go on with the question before."""
PROVED_FOR = timedelta(minutes=15)
"""For how long somebody who proved who they are need not do so again: a phone goes from hand to hand."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What a turn knows besides the talk itself; nothing in it changes while the turn runs."""

    config: Config
    texts: Texts
    now: datetime
    queued: bool = False
    """Whether the participant waits for an agent."""
    awaited: tuple[str, ...] = ()
    """What the documents are called that the participant was asked to send (`bot.reading.papers`)."""
    our_branch: str | None = None
    """The branch whose number was written to, where that says it."""


class Talk:
    """The requests that a flow awaits. Each key names a text of config/texts."""

    def __init__(self, world: World, form: Form, dialogue: Dialogue) -> None:
        self.config = world.config
        self.now = world.now
        self.queued = world.queued
        self._our_branch = world.our_branch
        self._texts = world.texts
        self._form = form
        self._dialogue = dialogue
        self._asked: Counter[str] = Counter()

    @property
    def opening(self) -> Heard:
        """The message that the flow was started with (empty after a tap)."""
        return self._form.heard[0] if self._form.heard else Heard(text="", at=self.now)

    @property
    def heard(self) -> list[Heard]:
        """Everything that was said for this flow, oldest first."""
        return self._form.heard

    @property
    def intent(self) -> str:
        """The intent that led here: several intents may share a flow."""
        return self._form.intent

    @property
    def language(self) -> str:
        """The language that the participant is spoken to in."""
        return self._dialogue.language

    @property
    def branch(self) -> str | None:
        """The branch that was spoken of before this flow, else the one whose number was written to."""
        return self._form.branch or self._our_branch

    @property
    def waiting(self) -> list[Form]:
        """The forms that wait below this one."""
        return [form for form in self._dialogue.forms if form is not self._form]

    def asked_anew(self, name: str) -> bool:
        """Whether the answer to that question was taken back: what was said before is no answer to it."""
        return name in self._form.reask

    def put_off(self, others: Sequence[Heard]) -> None:
        """Have these requests of a message offered when the one is served that is served now."""
        self._dialogue.others = list(others)

    def call_off(self) -> None:
        """Go on with what an emergency had interrupted: it was none, and the next one counts again."""
        self._dialogue.forms[:0] = self._dialogue.aside
        self._dialogue.aside, self._dialogue.emergency_at = [], None

    @property
    def sent(self) -> list[Media]:
        """The photos and files that came for this flow so far."""
        return self._form.media

    def speak(self, language: str) -> None:
        """Go on in another language, as the participant wished."""
        self._dialogue.language = language
        self._dialogue.settled, self._dialogue.other_language = True, ""

    @property
    def languages(self) -> dict[str, str]:
        """What each language calls itself, by its code."""
        return {code: self._texts.say("language.name", code, {}) for code in self._texts.languages}

    def language_named(self, text: str) -> str | None:
        """The code of the language that a wish names."""
        return Languages(self._texts).named(text)

    def forget(self) -> None:
        """Forget all that was said before and in the forms that wait, once this flow is at its end."""
        self._dialogue.forget(self._form)

    def about(self, branch: Branch) -> None:
        """Remember which branch the talk is about."""
        self._dialogue.branch = branch.code

    @property
    def proved(self) -> Proved | None:
        """Whom the participant proved to be, while that still counts."""
        proved = self._dialogue.proved
        if proved and self.now - proved.at >= PROVED_FOR:
            self._dialogue.proved = None
        return self._dialogue.proved

    def prove(self, shown: dict[str, Any], at: datetime) -> None:
        """Remember for a while that the participant proved to be a member, and what was shown of them."""
        if self.now - at < PROVED_FOR:
            self._dialogue.proved = Proved(at=at, shown=shown)

    @property
    def given(self) -> dict[str, Any]:
        """What the engine gave at the start."""
        return self._form.given

    @property
    def location(self) -> Location | None:
        """The place that was shared within the last hour: people move on."""
        at = self._dialogue.location_at
        return self._dialogue.location if at and self.now - at < STAYS else None

    @property
    def asked_before(self) -> str | None:
        """The intent of the question that was answered a moment before this flow began."""
        at = self._dialogue.asked_at
        return self._dialogue.asked if at and self._form.started_at - at < FOLLOWS_WITHIN else None

    @property
    def in_danger(self) -> bool:
        """Whether somebody cried for help a moment ago."""
        return self._dialogue.in_danger(self.now)

    def remember(self, name: str, value: T) -> T:
        """A value as it was when this flow came here for the first time: `heard` grows, and a rerun sees all of it."""
        kept: T = self._form.given.setdefault(name, value)
        return kept

    def word(self, key: str, **values: Any) -> str:
        """A text with its placeholders filled: a piece of another one, or the title of a button."""
        return self._texts.say(key, self.language, values)

    def words(self, key: str) -> tuple[str, ...]:
        """The words that a text lists, in every language; none where there is no such text."""
        texts = self._texts
        return tuple(word for language in texts.languages for word in texts.words(key, language))

    def zone(self, branch: Branch | None = None) -> ZoneInfo:
        """The zone of a branch, or of the one that was spoken of last."""
        return ZoneInfo(branch.zone) if branch else self.config.zone_of_branch(self.branch)

    def local_now(self, branch: Branch | None = None) -> datetime:
        """Now, on the clocks of a branch."""
        return self.now.astimezone(self.zone(branch))

    async def ask(self, key: str, question: Question[T], **values: Any) -> T:
        """Ask, and wait for an answer that the question can read."""
        asked: Ask[T] = Ask(key, self._id(key), question, values)
        return await asked

    async def ask_as(self, name: str, label: str, key: str, question: Question[T], /, **values: Any) -> T:
        """Ask something whose name and label come from the configuration, not from a text of their own.

        Args:
            name: names the answer in the form; one that hangs on another answer is called ``<other>+<name>``.
            label: what the answer is called where it is offered to be changed; without one it is not.
            key: of the text.
            question: how an answer is read.
            values: for the text.
        """
        asked: Ask[T] = Ask(key, name, question, values, label)
        return await asked

    def _id(self, key: str) -> str:
        """A name for this asking: a flow may ask the same thing twice."""
        self._asked[key] += 1
        times = self._asked[key]
        return key if times == 1 else f"{key}~{times}"

    async def choose(self, key: str, choices: Sequence[Choice], **values: Any) -> str:
        """Ask for one of a list; gives its code."""
        return await self.ask(key, Choose(choices), **values)

    async def agree(self, key: str, **values: Any) -> bool:
        """Ask a yes-or-no question."""
        return await self.ask(key, self._yes_no(), **values)

    async def offer(self, key: str) -> bool:
        """Ask whether something more is wanted, now that the work of the flow is done."""
        offered: Ask[bool] = Ask(key, self._id(key), self._yes_no(), optional=True)
        return await offered

    def seldom(self, every: timedelta) -> bool:
        """Whether something is asked that is not to be asked at every turn; decided once for a form."""
        if "seldom" not in self.given:
            last = self._dialogue.seldom_at
            self.given["seldom"] = last is None or self.now - last >= every
            self._dialogue.seldom_at = self.now if self.given["seldom"] else last
        return bool(self.given["seldom"])

    async def may_ask(self, key: str, question: Question[T], **values: Any) -> T:
        """Ask what need not be answered: the work is done, nobody is reminded, another wish takes its place."""
        asked: Ask[T] = Ask(key, self._id(key), question, values, optional=True)
        return await asked

    async def suggest(self, key: str, choices: Sequence[Choice], **values: Any) -> str:
        """Name what may be wanted next, now that the work of the flow is done; gives the code."""
        suggested: Ask[str] = Ask(key, self._id(key), WhatNext(choices), values, optional=True)
        return await suggested

    def _yes_no(self) -> YesNo:
        return YesNo(
            self.word("button.yes"),
            self.word("button.no"),
            also_yes=self._texts.words("language.yes", self.language),
            also_no=self._texts.words("language.no", self.language),
        )

    async def confirm(self, key: str, **values: Any) -> bool:
        """Show a summary and wait until the participant says that it is right.

        A wish to change leads to the question that is to be changed and back; leaving leaves the flow.
        """
        question = Confirm(
            self.word("button.send"),
            self.word("button.no"),
            change=self.word("button.change"),
            stop=self.word("button.cancel"),
        )
        return await self.ask(key, question, **values)

    async def attachments(self, key: str, at_most: int) -> list[Media]:
        """Ask for photos or documents until there are enough; what was sent before counts."""
        gathered = self._form.media[:at_most]
        if len(gathered) < at_most:
            question = Evidence(self.word("button.done"), self.word("button.none"), at_most, tuple(gathered))
            await self.ask(key, question, count=len(gathered) or "", most=at_most)
        return self._form.media[:at_most]

    async def say(self, key: str, **values: Any) -> None:
        """Reply."""
        await Say(key, values)

    async def say_with(self, leads_to: Sequence[str], key: str, **values: Any) -> None:
        """Reply, with intents as buttons that may be tapped at any time: nothing is asked."""
        await Say(key, values, tuple(leads_to))

    async def look_up(self, wanted: LookUp[T]) -> T:
        """Have the shell look something up. Never kept: it may be different at the next turn."""
        return await wanted

    async def do(self, effect: Effect[T]) -> T:
        """Have something done, once, in this turn's transaction."""
        return await effect

    @property
    def shelved(self) -> list[Form]:
        """The forms that were left and may be taken up again, the one left last first."""
        return [kept.form for kept in reversed(self._dialogue.shelf)]

    def throw_away(self, form: Form) -> None:
        """Throw a form of the shelf away."""
        shelf.take(self._dialogue, form.serial)

    async def take_up(self, form: Form) -> None:
        """Leave for a form of the shelf, to go on where it was left."""
        await TakeUp(form.serial)

    async def leave_for_now(self, *anew: str) -> None:
        """Leave this flow; its form can be taken up again, without the answers named."""
        await Leave(anew)

    async def take_back(self, *names: str) -> None:
        """Ask these questions again, whatever was answered."""
        await TakeBack(names)

    async def start(self, intent: str, *, anew: bool = False) -> None:
        """Leave for the flow of another intent, with what was heard and sent so far; `anew`: only what was sent."""
        await Start(intent, anew)
