"""The forms of one talk during a turn: put on top of one another, run on to their next question, left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.flow import Flow, Flows
from bot.dialogue.questions import Choice, Choose, Unclear
from bot.dialogue.requests import Ask, Say, Start
from bot.dialogue.routing import Open, tap_id
from bot.dialogue.running import Run, Steps
from bot.dialogue.state import Dialogue, Form, Heard, OpenQuestion, Said
from bot.dialogue.talk import Talk, World
from bot.messages import Media, Option
from bot.reading.choices import read_yes_no

DEEPEST = 4
"""Forms that may wait one under another: beyond it the oldest is left."""
CHANGE = "form.change"
"""The engine's own question: which answer is to be changed."""
ALL_RIGHT = "all_right"
"""The option under it that leads back to the summary."""
_SHORT = 3  # words


@dataclass(frozen=True)
class Reply:
    """A reply that still has to be put into words: the text's key, its values, the buttons under it."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    asks: bool = False
    """Whether it is a question that now waits for an answer."""


class _WhichAnswer(Choose):
    """Which answer is to be changed; a short "ya, benar" or "tidak ada" means none of them."""

    def read(self, said: Said, narrowed: Sequence[str], *, strictly: bool) -> Any | Unclear | None:
        """The question's id, or `ALL_RIGHT`."""
        short = len(said.text.split()) <= _SHORT
        if short and (said.agrees is not None or read_yes_no(said.text) is not None):
            return ALL_RIGHT
        return super().read(said, narrowed, strictly=strictly)


class Stack:
    """The forms of a dialogue; the last one has the floor. What they say is gathered in `replies`."""

    def __init__(self, dialogue: Dialogue, flows: Flows, world: World) -> None:
        self.replies: list[Reply] = []
        self._dialogue = dialogue
        self._flows = flows
        self._world = world
        known = [form for form in dialogue.forms if form.intent in flows]
        dialogue.forms[:] = known  # another release may have had flows that this one has not

    @property
    def top(self) -> Form | None:
        """The form that has the floor."""
        return self._dialogue.top

    def flow(self, form: Form) -> Flow:
        """The flow that a form is an instance of."""
        return self._flows[form.intent]

    def light(self, form: Form) -> bool:
        """Whether nothing is lost with a form: nothing was told yet, or all is done."""
        return self.flow(form).light or bool(form.open and form.open.optional)

    def reply(self, key: str, **values: Any) -> None:
        """Say something that is the engine's own."""
        self.replies.append(Reply(key, values))

    # -- the stack --------------------------------------------------------------------------------------------

    def begin(
        self,
        intent: str,
        heard: Sequence[Heard] = (),
        *,
        given: dict[str, Any] | None = None,
        media: Sequence[Media] = (),
    ) -> Steps:
        """Put a flow on the stack and run it; a light one below it gives way."""
        if self.top and self.light(self.top):
            self._dialogue.forms.pop()
        elif len(self._dialogue.forms) >= DEEPEST:
            self._dialogue.forms.pop(0)
        self._push(intent, heard, given or {}, media)
        yield from self.resume()

    def restart(self, form: Form) -> Steps:
        """The form that has the floor from its beginning, as a new one: what was done stays done."""
        form.given.pop("changes", None)
        self._dialogue.forms.pop()
        self._push(form.intent, (), form.given, ())
        yield from self.resume()

    def leave(self) -> Form:
        """Take the form off that has the floor; what was done stays done."""
        form = self._dialogue.forms.pop()
        if not self.light(form):
            self.reply("form.cancelled")
        return form

    def clear(self) -> None:
        """Leave all forms, and what was to come after them."""
        self._dialogue.forms.clear()
        self._dialogue.later = None

    def back_to(self, serial: int) -> None:
        """Leave the forms above one whose button was tapped."""
        forms = self._dialogue.forms
        if any(form.serial == serial for form in forms):
            while forms[-1].serial != serial:
                forms.pop()

    def _push(
        self, intent: str, heard: Sequence[Heard], given: dict[str, Any], media: Sequence[Media]
    ) -> None:
        self._dialogue.serial += 1
        now = self._world.now
        form = Form(intent=intent, serial=self._dialogue.serial, started_at=now, touched_at=now)
        form.given, form.branch = given, self._dialogue.branch
        form.heard, form.media = list(heard), list(media)
        self._dialogue.forms.append(form)

    # -- running ----------------------------------------------------------------------------------------------

    def waiting(self) -> Steps:
        """The open question of the form that has the floor, without saying anything anew.

        None when there is none, also when the world has changed so much that it would no longer be asked (an outage
        was published meanwhile): `resume` then says what is new.
        """
        form = self.top
        if form is None or form.open is None:
            return None
        run = self._run(form, None)
        paused = yield from run.go()
        ask = self._change_question(form) or paused
        if not isinstance(ask, Ask) or ask.id != form.open.id:
            return None
        return Open(form, self.flow(form), ask, run.asked)

    def resume(self, *, again: bool = False) -> Steps:
        """Run the form that has the floor on to its next question; when it ends, the one below it.

        Args:
            again: an open question is put once more although it was put before.
        """
        while (form := self.top) is not None:
            form.touched_at, form.reminded = self._world.now, False
            says: list[Say] = []
            paused = yield from self._run(form, says).go()
            self.replies += [Reply(say.key, dict(say.values)) for say in says]
            ask = self._change_question(form) or paused
            if isinstance(ask, Ask):
                self._put(form, ask, again)
                return
            self._dialogue.forms.pop()
            if self.flow(form).ends_all:
                self.clear()
            if isinstance(paused, Start):
                yield from self.begin(paused.intent, form.heard, media=form.media)
                return
            again = True
            self.go_on()

    def go_on(self) -> None:
        """Say that a form which was interrupted comes back."""
        if self.top and self.top.open:
            self.reply("form.go_on")

    def _run(self, form: Form, says: list[Say] | None) -> Run:
        return Run(form, self.flow(form), Talk(self._world, form, self._dialogue), says)

    def _put(self, form: Form, ask: Ask[Any], again: bool) -> None:
        """Put a question, with its buttons, unless it was put already."""
        known = form.open is not None and form.open.id == ask.id
        if known and not again:
            return
        if form.open is None or not known:
            form.open = OpenQuestion(id=ask.id, optional=ask.optional)
            unclear = None if ask.id in form.reask else ask.question.nearest(form.heard)
            if unclear:
                form.open.narrowed = list(unclear.near)
                self.reply(self.help(ask, unclear))
        choices = ask.question.options(form.open.narrowed)
        options = tuple(_option(form.serial, ask.id, choice) for choice in choices)
        self.replies.append(Reply(ask.key, dict(ask.values), options, asks=True))

    @staticmethod
    def help(ask: Ask[Any], unclear: Unclear | None) -> str:
        """The text that goes before a question that is put once more."""
        return ask.question.which if unclear and unclear.near else ask.question.hint

    def _change_question(self, form: Form) -> Ask[Any] | None:
        ids = form.given.get("changes")
        if not ids:
            return None
        texts, language = self._world.texts, self._dialogue.language
        choices = [Choice(id_, texts.say(f"{id_.split('~')[0]}_label", language, {})) for id_ in ids]
        right = Choice(ALL_RIGHT, texts.say("button.all_right", language, {}))
        return Ask(CHANGE, CHANGE, _WhichAnswer([*choices, right], by_words=False))


def _option(serial: int, question_id: str, choice: Choice) -> Option:
    return Option(
        id=tap_id(serial, question_id, choice.code), title=choice.title, description=choice.description
    )
