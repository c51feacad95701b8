"""What a flow holds in its hand: the talk with one participant."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.config import Branch, Config
from bot.dialogue.questions import Choice, Choose, Confirm, Evidence, Question, YesNo
from bot.dialogue.requests import Ask, Effect, LookUp, Say, Start
from bot.dialogue.state import Dialogue, Form, Heard
from bot.messages import Media
from bot.texts import Texts

T = TypeVar("T")
HOME_ZONE = ZoneInfo("Asia/Jakarta")


@dataclass(frozen=True, kw_only=True)
class World:
    """What a turn knows besides the talk itself; nothing in it changes while the turn runs."""

    config: Config
    texts: Texts
    now: datetime
    queued: bool = False
    """Whether the participant waits for an agent."""
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

    def speak(self, language: str) -> None:
        """Go on in another language."""
        self._dialogue.language = language

    def about(self, branch: Branch) -> None:
        """Remember which branch the talk is about."""
        self._dialogue.branch = branch.code

    @property
    def given(self) -> dict[str, Any]:
        """What the engine gave at the start."""
        return self._form.given

    def word(self, key: str) -> str:
        """A text without placeholders: the title of a button."""
        return self._texts.say(key, self.language, {})

    def zone(self, branch: Branch | None = None) -> ZoneInfo:
        """The zone of a branch, or of the one that was spoken of last."""
        branch = branch or (self.config.branches.get(self.branch) if self.branch else None)
        return ZoneInfo(branch.zone) if branch else HOME_ZONE

    def local_now(self, branch: Branch | None = None) -> datetime:
        """Now, on the clocks of a branch."""
        return self.now.astimezone(self.zone(branch))

    async def ask(self, key: str, question: Question[T], **values: Any) -> T:
        """Ask, and wait for an answer that the question can read."""
        asked: Ask[T] = Ask(key, self._id(key), question, values)
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

    def _yes_no(self) -> YesNo:
        return YesNo(self.word("button.yes"), self.word("button.no"))

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

    async def look_up(self, wanted: LookUp[T]) -> T:
        """Have the shell look something up. Never kept: it may be different at the next turn."""
        return await wanted

    async def do(self, effect: Effect[T]) -> T:
        """Have something done, once, in this turn's transaction."""
        return await effect

    async def start(self, intent: str) -> None:
        """Leave for the flow of another intent, with what was heard and sent so far."""
        await Start(intent)
