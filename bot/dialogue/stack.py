"""The forms of one talk during a turn: put on top of one another, run on to their next question, left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.dialogue import shelf
from bot.dialogue.flow import Flow, Flows
from bot.dialogue.questions import Choice, Paged, Unclear
from bot.dialogue.requests import Ask, Leave, Say, Start, TakeBack, TakeUp
from bot.dialogue.routing import Open
from bot.dialogue.running import Paused, Run, Steps
from bot.dialogue.state import Dialogue, Form, Heard, OpenQuestion, Said
from bot.dialogue.talk import Talk, World
from bot.dialogue.taps import tap_id
from bot.messages import Media, Option
from bot.reading.choices import read_yes_no

DEEPEST = 4
"""Forms that may wait one under another: beyond it the oldest is left."""
CHANGE = "form.change"
"""The engine's own question: which answer is to be changed."""
ALL_RIGHT = "all_right"
"""The option under it that leads back to the summary."""
GREETING, SHELF = "greet", "_shelf"
"""The intent of a greeting, and the flow that offers what lies on the shelf."""
LATER = "_later"
"""The flow that offers the other requests of a message."""
_SHORT = 3  # words


@dataclass(frozen=True)
class Reply:
    """A reply that still has to be put into words: the text's key, its values, the buttons under it."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    asks: bool = False
    """Whether it is a question that now waits for an answer."""


class _WhichAnswer(Paged):
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
        dialogue.shelf[:] = [kept for kept in dialogue.shelf if kept.form.intent in flows]
        shelf.tidy(dialogue, world.now)

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
        """Put a flow on the stack and run it; a light one below it gives way.

        Where a form of it waits already, that one goes on; where one was left and lies on the shelf, that one is
        offered first, and with a greeting any of them.
        """
        if self.top and self.light(self.top):
            self._dialogue.forms.pop()
        if waits := self._waiting_of(intent):
            waits.heard += heard
            waits.media += media
            self.back_to(waits.serial)
            self.go_on()
            yield from self.resume(again=True)
            return
        if len(self._dialogue.forms) >= DEEPEST:
            self._put_aside(self._dialogue.forms.pop(0))
        greeted = intent == GREETING and self._dialogue.shelf and not self._dialogue.forms
        if greeted or shelf.like(self._dialogue, intent):
            intent, given = SHELF, {"intent": intent}
        self._push(intent, heard, given or {}, media)
        yield from self.resume()

    def _waiting_of(self, intent: str) -> Form | None:
        """The form of that intent that waits, if there is one that would be missed."""
        return next(
            (form for form in self._dialogue.forms if form.intent == intent and not self.light(form)), None
        )

    def restart(self, form: Form) -> Steps:
        """The form that has the floor from its beginning, as a new one: what was done stays done."""
        form.given.pop("changes", None)
        self._dialogue.forms.pop()
        self._push(form.intent, (), form.given, ())
        yield from self.resume()

    def leave(self, *, keep: bool = True) -> Form:
        """Take the form off that has the floor; what was done stays done.

        Args:
            keep: one that may be taken up again goes onto the shelf.
        """
        form = self._dialogue.forms.pop()
        if not (keep and self._kept(form)) and not self.light(form):
            self.reply("form.cancelled")
        return form

    def _kept(self, form: Form) -> bool:
        """Put a form onto the shelf, if it is worth it, and say so."""
        kept = self._put_aside(form)
        if kept:
            self.reply("shelf.kept", what=self._title(form), until=self._local(self._world.now + shelf.KEPT))
        return kept

    def clear(self) -> bool:
        """Leave all forms, and what was to come after them; gives whether one of them may be taken up again."""
        self._dialogue.others = []
        return bool(shelf.set_aside(self._dialogue, self._world.now))

    def take_up(self, serial: int) -> Steps:
        """Go on with a form of the shelf: what is there already in a line, then its next open question."""
        form = shelf.take(self._dialogue, serial)
        if form is None:
            return
        self._dialogue.forms.append(form)
        run = self._run(form, None)
        yield from run.go()
        there = [ask.label for ask in run.asked if ask.label and run.known(ask)]
        self.reply("shelf.back", what=self._title(form), there=list(dict.fromkeys(there)))
        yield from self.resume()

    def _put_aside(self, form: Form) -> bool:
        return shelf.put(self._dialogue, form, self._world.now)

    def _title(self, form: Form) -> str:
        return self._world.texts.say(f"intent.{form.intent}", self._dialogue.language, {})

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._world.config.zone_of_branch(self._dialogue.branch))

    def back_to(self, serial: int) -> None:
        """Leave the forms above one whose button was tapped."""
        forms = self._dialogue.forms
        if any(form.serial == serial for form in forms):
            while forms[-1].serial != serial:
                self._put_aside(forms.pop())

    def _push(
        self, intent: str, heard: Sequence[Heard], given: dict[str, Any], media: Sequence[Media]
    ) -> None:
        self._dialogue.serial += 1
        now = self._world.now
        form = Form(intent=intent, serial=self._dialogue.serial, started_at=now, touched_at=now)
        form.given, form.branch = given, self._dialogue.branch
        form.heard, form.media = list(heard), list(media)
        form.resumable = self._flows[intent].resumable
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

    def resume(self, *, again: bool = False, whole: bool = False) -> Steps:
        """Run the form that has the floor on to its next question; when it ends, the one below it.

        Args:
            again: an open question is put once more although it was put before.
            whole: in its full length, where there is a shorter one for that.
        """
        while (form := self.top) is not None:
            form.touched_at, form.reminded = self._world.now, False
            says: list[Say] = []
            paused = yield from self._run(form, says).go()
            self.replies += [self._said(form, say) for say in says]
            ask = self._change_question(form) or paused
            if isinstance(ask, Ask):
                self._put(form, ask, again=again, whole=whole)
                return
            if isinstance(paused, TakeBack):
                self.take_back(form, *paused.ids)
                continue
            self._end(form, paused)
            if isinstance(paused, Start):
                heard = () if paused.anew else _heard_by(form, paused.intent)
                yield from self.begin(paused.intent, heard, media=form.media)
                return
            if isinstance(paused, TakeUp):
                yield from self.take_up(paused.serial)
                return
            if self.flow(form).quiet:
                return
            again = True
            self.go_on()

    def take_back(self, form: Form, *ids: str) -> None:
        """Forget answers: their questions are put anew, whatever was heard before."""
        form.given.pop("changes", None)
        form.open = None
        for question_id in ids:
            form.take_back(question_id)

    def _end(self, form: Form, paused: Paused) -> None:
        """A form that has come to its end, or leaves for now."""
        self._dialogue.forms.pop()
        if isinstance(paused, Leave):
            self.take_back(form, *paused.anew)
            self._kept(form)
        if self.flow(form).sets_aside:
            self._set_aside()
        if self.flow(form).ends_all:
            self._dialogue.others = []
            for left in shelf.set_aside(self._dialogue, self._world.now):
                self.reply("shelf.set_aside", what=self._title(left))

    def _set_aside(self) -> None:
        """Leave all forms until it turns out that what interrupted them was not meant (`Talk.call_off`)."""
        waiting = [form for form in self._dialogue.forms if not self.light(form)]
        self._dialogue.aside = waiting or self._dialogue.aside
        self._dialogue.forms.clear()

    def go_on(self) -> None:
        """Say that a form which was interrupted comes back."""
        if self.top and self.top.open:
            self.reply("form.go_on")

    def _run(self, form: Form, says: list[Say] | None) -> Run:
        return Run(form, self.flow(form), Talk(self._world, form, self._dialogue), says)

    def _put(self, form: Form, ask: Ask[Any], *, again: bool, whole: bool) -> None:
        """Put a question, with its buttons, unless it was put already."""
        known = form.open is not None and form.open.id == ask.id
        if known and not again:
            return
        if form.open is None or not known:
            form.open = OpenQuestion(id=ask.id, optional=ask.optional)
            unclear = None if ask.id in form.reask else ask.question.nearest(form.heard)
            if unclear:
                form.open.narrowed = list(unclear.near)
                self.help(ask, unclear)
        choices = ask.question.options(form.open.narrowed)
        options = tuple(_option(form.serial, ask.id, choice) for choice in choices)
        key = ask.question.again if known and not whole else ""
        self.replies.append(Reply(key or ask.key, dict(ask.values), options, asks=True))

    def _said(self, form: Form, say: Say) -> Reply:
        """A reply, with the buttons that stay good for as long as they can be seen."""
        texts, language = self._world.texts, self._dialogue.language
        ways = [Choice(intent, texts.say(f"intent.{intent}", language, {})) for intent in say.leads_to]
        return Reply(
            say.key, dict(say.values), tuple(_option(form.serial, say.key, choice) for choice in ways)
        )

    def help(self, ask: Ask[Any], unclear: Unclear | None) -> None:
        """Say what goes before a question that is put once more."""
        if unclear and unclear.says:
            self.reply(unclear.says, **unclear.values)
        else:
            self.reply(ask.question.which if unclear and unclear.near else ask.question.hint)

    def _change_question(self, form: Form) -> Ask[Any] | None:
        labels = form.given.get("changes")
        if not isinstance(labels, dict) or not labels:  # a former release kept a list
            return None
        texts, language = self._world.texts, self._dialogue.language
        choices = [Choice(question_id, label) for question_id, label in labels.items()]
        right = Choice(ALL_RIGHT, texts.say("button.all_right", language, {}))
        more = texts.say("button.more", language, {})
        return Ask(CHANGE, CHANGE, _WhichAnswer([*choices, right], by_words=False, more=more))

    def label(self, ask: Ask[Any]) -> str:
        """What the answer to a question is called where it is offered to be changed; "" for one that is not."""
        key = f"{ask.key}_label"
        if ask.label or key not in self._world.texts.keys:
            return ask.label
        return self._world.texts.say(key, self._dialogue.language, {})


def _heard_by(form: Form, intent: str) -> Sequence[Heard]:
    """What the flow of an intent hears of the one that leads to it: of several requests its own."""
    return [heard for heard in form.heard if form.intent != LATER or heard.intent == intent]


def _option(serial: int, question_id: str, choice: Choice) -> Option:
    return Option(
        id=tap_id(serial, question_id, choice.code), title=choice.title, description=choice.description
    )
