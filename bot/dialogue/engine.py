"""One turn of a talk: old dialogue and what was said in; new dialogue, replies and effects out.

The manners that every flow needs live here, so that no flow writes them: going on after an interruption, correcting,
cancelling, asking back, offering a human after two failures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.commands import Commands
from bot.dialogue.flow import Flow, Flows
from bot.dialogue.questions import Choice, Choose, Confirm, Evidence
from bot.dialogue.requests import Ask, Say, Start
from bot.dialogue.routing import (
    Ambiguous,
    Answer,
    AskBack,
    Begin,
    Command,
    Correct,
    Lost,
    MediaKept,
    Open,
    Route,
    Router,
    Stale,
    Unreadable,
    tap_id,
)
from bot.dialogue.running import Paused, Run, Steps
from bot.dialogue.state import Dialogue, Form, Heard, OpenQuestion, Said
from bot.dialogue.talk import Talk, World
from bot.messages import Media, Option

DEEPEST = 4
"""Forms that may wait one under another: beyond it the oldest is left."""
CHANGE = "form.change"


@dataclass(frozen=True)
class Reply:
    """A reply that still has to be put into words: the text's key, its values, the buttons under it."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()


@dataclass
class Understood:
    """How a message was taken, for review: `outcome` is ``acted``, ``answered``, ``asked_back`` or ``fell_through``."""

    outcome: str
    intent: str | None = None


class Turn:
    """A turn in the making. `take` is driven by the shell, which looks up and does what comes out of it."""

    def __init__(self, dialogue: Dialogue, flows: Flows, world: World, commands: Commands) -> None:
        self.dialogue = dialogue
        self.replies: list[Reply] = []
        self.understood = Understood("answered")
        self._flows = flows
        self._world = world
        self._commands = commands
        self._says: list[Say] = []

    def take(self, said: Said) -> Steps:
        """Take one message in, or the time that came (`Said.due`)."""
        if said.due:
            yield from self._idle()
            return
        waiting = yield from self._waiting()
        router = Router(self._flows, self._world, self.dialogue, self._commands.read(said.text))
        route = router.route(said, waiting[1] if waiting else None)
        yield from self._follow(route, said, waiting)

    # -- following a route ------------------------------------------------------------------------------------

    def _follow(  # noqa: C901 - one short case for each kind of route
        self, route: Route, said: Said, waiting: "tuple[Run, Open] | None"
    ) -> Steps:
        if not isinstance(route, Lost | Ambiguous):
            self.dialogue.failures = 0
        match route:
            case Answer(kept):
                yield from self._answer(kept, said, waiting)
            case Ambiguous(unclear):
                hint = "form.which_of" if unclear.near else waiting[1].ask.question.hint if waiting else None
                yield from self._again(waiting, hint, list(unclear.near))
            case Correct(id=question_id, kept=kept):
                yield from self._correct(question_id, kept)
            case Begin(intent, anew):
                yield from self._begin(intent, None if anew else Heard.of(said), media=said.media)
            case AskBack(intents):
                self.understood = Understood("asked_back")
                yield from self._begin("_clarify", Heard.of(said), {"intents": list(intents)})
            case Command(name):
                yield from self._command(name, said)
            case Stale():
                self._reply("form.stale")
                yield from self._resume(again=True)
            case MediaKept():
                yield from self._media(said, waiting)
            case Unreadable(kind):
                key = f"unreadable.{kind}"
                self._reply(key if key in self._world.texts.keys else "unreadable.other")
                yield from self._resume(again=True)
            case Lost():
                yield from self._lost(said, waiting)

    def _answer(self, kept: Any, said: Said, waiting: "tuple[Run, Open] | None") -> Steps:
        assert waiting is not None
        form, ask = waiting[1].form, waiting[1].ask
        if ask.id == CHANGE:
            yield from self._change(str(kept))
            return
        if isinstance(ask.question, Confirm) and kept in (False, "no"):
            yield from self._offer_changes(waiting[1])
            return
        form.answers[ask.id] = kept
        form.reask = [other for other in form.reask if other != ask.id]
        if said.media:
            form.media.extend(said.media)
        if said.text and said.tapped is None:
            form.heard.append(Heard.of(said))
        form.open = None
        yield from self._resume()

    def _correct(self, question_id: str, kept: Any) -> Steps:
        form = self.dialogue.top
        assert form is not None
        form.answers[question_id] = kept
        self._reply("form.corrected")
        form.open = None
        yield from self._resume()

    def _offer_changes(self, waiting: Open) -> Steps:
        """After "Ubah" under a summary: which answer is to be changed?"""
        form = waiting.form
        form.given["changes"] = [
            ask.id for ask in waiting.asked if f"{ask.key}_label" in self._world.texts.keys
        ]
        form.open = None
        yield from self._resume()

    def _change(self, question_id: str) -> Steps:
        form = self.dialogue.top
        assert form is not None
        form.given.pop("changes", None)
        form.answers.pop(question_id, None)
        form.reask.append(question_id)
        form.open = None
        yield from self._resume()

    def _begin(
        self,
        intent: str,
        heard: Heard | None,
        given: dict[str, Any] | None = None,
        media: Sequence[Media] = (),
    ) -> Steps:
        """Put a flow on the stack; a light one below it gives way."""
        top = self.dialogue.top
        if top and self._flow(top).light:
            self.dialogue.forms.pop()
        elif len(self.dialogue.forms) >= DEEPEST:
            self.dialogue.forms.pop(0)
        if intent == "emergency":
            self.dialogue.emergency_at = self._world.now
        if not intent.startswith("_"):
            self.understood = Understood("acted", intent)
        self.dialogue.serial += 1
        self.dialogue.forms.append(
            Form(
                intent=intent,
                serial=self.dialogue.serial,
                started_at=self._world.now,
                touched_at=self._world.now,
                heard=[heard] if heard else [],
                given=given or {},
                media=list(media),
            )
        )
        yield from self._resume()

    def _command(self, name: str, said: Said) -> Steps:
        form = self.dialogue.top
        match name:
            case "cancel" if form:
                self._leave()
                yield from self._resume(again=True)
            case "cancel":
                yield from self._begin("cancel", None)
            case "restart" if form:
                form.answers = {key: kept for key, kept in form.answers.items() if key.startswith("do:")}
                form.heard, form.said, form.media, form.open = [], [], [], None
                self._reply("form.restarted")
                yield from self._resume()
            case "back" if form:
                yield from self._back(form)
            case "agent":
                yield from self._begin("request_agent", Heard.of(said))
            case "stop":
                yield from self._begin("unsubscribe_updates", Heard.of(said))
            case _:
                yield from self._begin("help", None)

    def _back(self, form: Form) -> Steps:
        """One question back: the newest answer is taken back."""
        given = [key for key in form.answers if not key.startswith("do:")]
        if given:
            yield from self._change(given[-1])
        else:
            yield from self._resume(again=True)

    def _media(self, said: Said, waiting: "tuple[Run, Open] | None") -> Steps:
        if waiting is None:
            yield from self._begin("_media", None, {"media": len(said.media)})
            return
        form, ask = waiting[1].form, waiting[1].ask
        form.media.extend(said.media)
        if isinstance(ask.question, Evidence):
            form.open = None
            yield from self._resume()
        else:
            self._reply("form.media_kept")
            yield from self._resume(again=True)

    def _lost(self, said: Said, waiting: "tuple[Run, Open] | None") -> Steps:
        self.understood = Understood("fell_through")
        self.dialogue.failures += 1
        if waiting and not waiting[1].flow.light:
            yield from self._again(waiting, waiting[1].ask.question.hint, [])
        elif self._world.queued:
            yield from self._begin("_queued", Heard.of(said))
        elif self.dialogue.failures >= 2:
            self.dialogue.failures = 0
            yield from self._begin("_offer_agent", Heard.of(said))
        else:
            yield from self._begin("_lost", Heard.of(said))

    def _idle(self) -> Steps:
        """A form was left alone: remind once, then leave it."""
        form = self.dialogue.top
        if form is None:
            return
        if self._flow(form).light or form.reminded:
            left = not self._flow(form).light
            self.dialogue.forms.clear()
            if left:
                self._reply("form.expired")
            return
        self._reply("form.remind")
        yield from self._resume(again=True)
        form.reminded = True

    def _again(self, waiting: "tuple[Run, Open] | None", hint: str | None, near: list[str]) -> Steps:
        """The same question once more, with help; after two failures also with a human."""
        assert waiting is not None
        opened = waiting[1].form.open
        assert opened is not None
        opened.failures += 1
        opened.narrowed = near
        if hint:
            self._reply(hint)
        if opened.failures >= 2:
            self._reply("form.offer_agent")
        yield from self._resume(again=True)

    @property
    def waits_with(self) -> Form | None:
        """The form that waits for an answer and would be missed: a light one is not."""
        form = self.dialogue.top
        return form if form and form.open and not self._flow(form).light else None

    # -- running forms ----------------------------------------------------------------------------------------

    def _waiting(self) -> Steps:
        """The run and the open question of the form that has the floor, without saying anything anew."""
        form = self.dialogue.top
        if form is None or form.open is None:
            return None
        run = self._run(form)
        before = len(self._says)
        paused = yield from run.go()
        del self._says[before:]
        ask = self._change_question(form) or paused
        if not isinstance(ask, Ask):
            return None
        return run, Open(form, self._flow(form), ask, run.asked)

    def _resume(self, *, again: bool = False) -> Steps:
        """Run the form that has the floor on to its next question; when it ends, the one below it.

        `again`: an open question is put once more although it was put before.
        """
        while (form := self.dialogue.top) is not None:
            form.touched_at, form.reminded = self._world.now, False
            paused = yield from self._run(form).go()
            self._flush()
            ask = self._change_question(form) or paused
            if isinstance(ask, Ask):
                self._put(form, ask, again)
                return
            self.dialogue.forms.pop()
            if self._flow(form).ends_all:
                self.dialogue.forms.clear()
            if isinstance(paused, Start):
                self._flush()
                yield from self._begin(paused.intent, None if paused.anew else self._opening(form))
                return
            again = True
            if self.dialogue.top and self.dialogue.top.open:
                self._reply("form.go_on")

    def _put(self, form: Form, ask: Ask[Any], again: bool) -> None:
        known = form.open is not None and form.open.id == ask.id
        if known and not again:
            return
        if not known:
            form.open = OpenQuestion(id=ask.id)
        assert form.open is not None
        offered = ask.question.options(form.open.narrowed)
        options = tuple(
            Option(
                id=tap_id(form.serial, ask.id, choice.code),
                title=choice.title,
                description=choice.description,
            )
            for choice in offered
        )
        self.replies.append(Reply(ask.key, dict(ask.values), options))

    def _change_question(self, form: Form) -> Ask[Any] | None:
        """The engine's own question: which answer is to be changed."""
        ids = form.given.get("changes")
        if not ids:
            return None
        texts, language = self._world.texts, self.dialogue.language
        choices = [Choice(id_, texts.say(f"{id_.split('~')[0]}_label", language, {})) for id_ in ids]
        return Ask(CHANGE, CHANGE, Choose(choices, by_words=False))

    def _leave(self) -> None:
        form = self.dialogue.forms.pop()
        if not self._flow(form).light:
            self._reply("form.cancelled")
        elif not self.dialogue.forms:
            self._reply("cancel.nothing")

    def _run(self, form: Form) -> Run:
        talk = Talk(self._world, form, self.dialogue)
        return Run(form, self._flow(form), talk, self._says)

    def _flow(self, form: Form) -> Flow:
        return self._flows[form.intent]

    @staticmethod
    def _opening(form: Form) -> Heard | None:
        return form.heard[0] if form.heard else None

    def _flush(self) -> None:
        self.replies.extend(Reply(say.key, dict(say.values)) for say in self._says)
        self._says.clear()

    def _reply(self, key: str, **values: Any) -> None:
        self.replies.append(Reply(key, values))


__all__ = ["Paused", "Reply", "Turn", "Understood"]
