"""One turn of a talk: old dialogue and what was said in; new dialogue, replies and effects out.

The manners that every flow needs live here, so that no flow writes them: going on after an interruption, correcting,
cancelling, asking back, offering a human after two failures.
"""

from dataclasses import replace
from typing import Any

from bot.dialogue import leaving
from bot.dialogue.alarms import EMERGENCY
from bot.dialogue.answering import answered_instead
from bot.dialogue.asking import asks, requests
from bot.dialogue.commands import PEOPLE, Commands
from bot.dialogue.documents import join_album
from bot.dialogue.flow import Flows
from bot.dialogue.questions import MOST_SHOWN, SENTENCE, Confirm, Question
from bot.dialogue.routes import (
    Ambiguous,
    Answer,
    AskBack,
    Begin,
    Command,
    Correct,
    Explain,
    LocationKept,
    Lost,
    MediaKept,
    Route,
    Stale,
    TakenBack,
    TurnPage,
    Unreadable,
    Urged,
)
from bot.dialogue.routing import Open, Router
from bot.dialogue.running import Steps
from bot.dialogue.several import Understand, Wanted, offer_others, told_apart
from bot.dialogue.stack import ALL_RIGHT, CHANGE, Reply, Stack
from bot.dialogue.state import Dialogue, Form, Heard, Said
from bot.dialogue.stories import keep_story, note_down, told
from bot.dialogue.taken import CLARIFY, NONE_OF_THESE, Chosen, Understood, chosen
from bot.dialogue.talk import World
from bot.dialogue.taps import tapped_serial
from bot.dialogue.unasked import is_late_photo, take_media, take_unread

_HEAR_IT_ALL = ("file_complaint", "request_agent")
"""Intents that are served best with all that was told before, to whatever flow."""


class Turn:
    """A turn in the making. `take` is driven by the shell, which looks up and does what comes out of it."""

    def __init__(self, dialogue: Dialogue, flows: Flows, world: World, commands: Commands) -> None:
        self.dialogue = dialogue
        self.understood = Understood("answered")
        self.chosen: Chosen | None = None
        self._flows = flows
        self._world = world
        self._commands = commands
        self._stack = Stack(dialogue, flows, world)
        self._others: list[Heard] = []

    @property
    def replies(self) -> list[Reply]:
        """What is said in this turn, in order."""
        return self._stack.replies

    @property
    def waits_with(self) -> Form | None:
        """The form that waits for an answer and would be missed: a light one is not."""
        form = self.dialogue.top
        return form if form and form.open and not self._stack.light(form) else None

    def take(self, said: Said) -> Steps:
        """Take one message in, or the time that came (`Said.due`)."""
        is_new, unheard = self._commands.languages.hear(said, self.dialogue), self.dialogue.unheard
        plainly = self._commands.plainly.heard(said) if said.tapped is None else said
        yield from self._take(self._commands.alarms.heard(plainly, question=asks(said.text)))
        if self.dialogue.unheard == unheard and not said.due:
            self.dialogue.unheard = 0
        keys = [reply.key for reply in self.replies]
        if is_new and keys and "language.done" not in keys:  # nothing goes before help in an emergency
            at = len(keys) if "emergency.help" in keys else 0
            self.replies.insert(at, Reply("language.noticed"))

    def _take(self, said: Said) -> Steps:
        if said.due:
            yield from leaving.left_alone(self._stack, self.dialogue)
            return
        if self.dialogue.top and join_album(self.dialogue.top, said):
            yield from self._stack.resume()
            return
        if not is_late_photo(self.dialogue, said):
            yield from self._hear(said)

    def _hear(self, said: Said) -> Steps:
        """Find out what a message means here, and follow it."""
        self._go_where(said)
        command = self._commands.read(said.text) if said.tapped is None else None
        if not command and (yield from self._left_for_another(said)):
            return
        asked = self.dialogue.top is not None and self.dialogue.top.open is not None
        waiting: Open | None = yield from self._stack.waiting()
        if asked and waiting is None and not command:
            yield from self._stack.resume()
            if self.replies:
                return
            waiting = yield from self._stack.waiting()
        router = Router(self._flows, self._world, self.dialogue, self._commands)
        route = router.route(said, waiting)
        if isinstance(route, Lost | AskBack | MediaKept) or route == Begin("_location"):
            route, waiting = yield from self._below(router, route, said, waiting)
        if not self._world.queued:
            light = waiting is None or self._stack.light(waiting.form)
            route, said = yield from self._apart(route, said, light=light)
            questions = self._world.config.questions
            route = yield from answered_instead(route, said, waiting, self._flows, questions, light=light)
        if not isinstance(route, Lost | Ambiguous):
            self.dialogue.failures = 0
        self.chosen = chosen(route, said, waiting)
        yield from self._follow(route, said, waiting)
        yield from offer_others(self._stack, self.dialogue, self._flows, self._world.now)

    def _go_where(self, said: Said) -> None:
        """Note down where somebody is, and go back to the form whose button was tapped."""
        if said.location:
            self.dialogue.location, self.dialogue.location_at = said.location, self._world.now
        if button := said.tapped or said.named:
            self._stack.back_to(tapped_serial(button))

    def _apart(self, route: Route, said: Said, *, light: bool) -> Steps:
        """Where a message holds several requests: its first one that is sure; the others are offered after it."""
        unsure = isinstance(route, Lost | AskBack) and light
        begins = isinstance(route, Begin) and route.intent != EMERGENCY
        if said.tapped is not None or said.media or not (unsure or begins):
            return route, said
        wanted: Wanted = yield from told_apart(said, self._flows, unsure=unsure)
        if wanted.first is None:
            return route, said
        self._others = wanted.others
        return (Begin(wanted.first.interpretation.intent) if unsure else route), wanted.first

    def _left_for_another(self, said: Said) -> Steps:
        """Whether it leaves what is under way for another wish ("batal, cek tagihan aja"), which is then served."""
        rest = self._commands.after_cancel(said.text) if said.tapped is None else ""
        if not rest or self._world.queued:
            return False
        (meant,) = yield Understand((rest,))
        waiting: Open | None = yield from self._stack.waiting()
        flow = self._flows.get(meant.intent)
        if flow is None or not flow.interrupts or flow.courtesy or (waiting and flow is waiting.flow):
            return False
        told = waiting is not None and waiting.ask.question.open_ended
        likely = meant.asked_about and requests(rest) and not told
        if not (meant.acted_on or likely):
            return False
        if self.dialogue.top:
            self._stack.leave()
        self.dialogue.others = []
        yield from self._hear(replace(said, text=rest, interpretation=meant, second=None))
        return True

    def _below(self, router: Router, route: Route, said: Said, waiting: Open | None) -> Steps:
        """What is nothing to a light form (a menu) may well be the answer that the form below it waits for."""
        forms = self.dialogue.forms
        if waiting is None or len(forms) < 2 or not self._stack.light(forms[-1]):
            return route, waiting
        above = forms.pop()
        below: Open | None = yield from self._stack.waiting()
        instead = router.route(said, below) if below else Lost()
        if isinstance(instead, Answer | Correct | MediaKept | LocationKept):
            return instead, below
        forms.append(above)
        return route, waiting

    def _follow(self, route: Route, said: Said, waiting: Open | None) -> Steps:  # noqa: C901 - one case a route
        match route:
            case Answer(kept):
                assert waiting
                yield from self._answer(kept, said, waiting)
            case Ambiguous() | Lost():
                yield from self._unclear(route, said, waiting)
            case TurnPage() | Explain() | Urged() | TakenBack() | Correct() | LocationKept() if waiting:
                yield from self._within(route, said, waiting)
            case Begin(intent):
                yield from self._begin(intent, said, waiting)
            case AskBack(intents):
                given = {"intents": list(intents)}
                yield from self._stack.begin(CLARIFY, [Heard.of(said)], given=given, media=said.media)
                self.understood = Understood("asked_back", asking=self.dialogue.serial)
            case Command(name):
                yield from self._command(name, said, waiting)
            case Stale():
                self._stack.reply("form.stale")
                yield from self._again_or_menu()
            case Unreadable() | MediaKept() if self._world.queued:
                yield from self._stack.begin("_queued", media=said.media)
            case MediaKept():
                awaited = bool(self._world.awaited)
                yield from take_media(self._stack, said, waiting, awaited=awaited)
            case Unreadable(kind):
                yield from take_unread(self._stack, self.dialogue, kind, said, waiting)

    def _within(self, route: Route, said: Said, waiting: Open) -> Steps:
        """What changes the form that waits without answering its question."""
        match route:
            case TurnPage(codes) if waiting.form.open:
                waiting.form.open.narrowed = list(codes)
                yield from self._stack.resume(again=True)
            case Urged():
                self._stack.reply("emergency.in_form")
                yield from self._stack.resume(again=True)
            case Explain():
                yield from self._stack.resume(again=True, whole=True)
            case TakenBack(question_id):
                self._stack.reply("form.taken_back")
                yield from self._take_back(waiting.form, question_id)
            case Correct(id=question_id, kept=kept):
                waiting.form.told_by[question_id] = said.id
                yield from self._correct(waiting.form, question_id, kept)
            case LocationKept():
                waiting.form.heard.append(Heard.of(said))
                self._stack.reply("form.location_kept")
                yield from self._stack.resume(again=True)

    # -- answers ----------------------------------------------------------------------------------------------

    def _answer(self, kept: object, said: Said, waiting: Open) -> Steps:
        form, ask = waiting.form, waiting.ask
        if ask.id == CHANGE:
            yield from self._take_back(form, str(kept))
            return
        if isinstance(ask.question, Confirm) and kept is False:
            yield from self._offer_changes(waiting)
            return
        form.answers[ask.id] = kept
        form.told_by[ask.id] = said.id
        form.reask = [other for other in form.reask if other != ask.id]
        if not ask.question.takes_files:
            form.media.extend(said.media)
        if (said.text or said.location) and said.tapped is None and not _picks(said, ask.question):
            form.heard.append(replace(Heard.of(said), answered=True))
        form.open = None
        yield from self._stack.resume()

    def _correct(self, form: Form, question_id: str, kept: object) -> Steps:
        """An earlier answer is another; a button that was tapped twice changes nothing."""
        if form.answers.get(question_id) != kept:
            form.take_back(question_id)
            form.reask.remove(question_id)
            form.answers[question_id] = kept
            self._stack.reply("form.corrected")
        yield from self._stack.resume(again=True)

    def _offer_changes(self, waiting: Open) -> Steps:
        """After "Ubah" under a summary: which answer is to be changed?"""
        labels = {ask.id: self._stack.label(ask) for ask in waiting.asked}
        waiting.form.given["changes"] = {question_id: label for question_id, label in labels.items() if label}
        waiting.form.open = None
        yield from self._stack.resume()

    def _take_back(self, form: Form, question_id: str) -> Steps:
        """Ask a question anew, whatever was heard before."""
        self._stack.take_back(form, *([question_id] if question_id != ALL_RIGHT else []))
        yield from self._stack.resume()

    def _unclear(self, route: Ambiguous | Lost, said: Said, waiting: Open | None) -> Steps:
        """An answer that was not understood: the same question with help; without a form, the menu or a human."""
        if isinstance(route, Lost):
            self.understood = Understood("fell_through")
            self.dialogue.failures += 1
        if waiting and (isinstance(route, Ambiguous) or not self._stack.light(waiting.form)):
            yield from self._once_more(route, said, waiting)
        elif self._world.queued:
            yield from self._stack.begin("_queued", [Heard.of(said)])
        elif waiting is None and said.text.strip(" .").isdigit():
            # The number of a list that is gone, or a "0" for the menu.
            yield from self._stack.begin("help")
        elif self.dialogue.failures >= 2:
            self.dialogue.failures = 0
            yield from self._stack.begin("_offer_agent", [Heard.of(said)])
        else:
            yield from self._stack.begin("_lost", [Heard.of(said)])

    def _once_more(self, route: Ambiguous | Lost, said: Said, waiting: Open) -> Steps:
        """The same question once more, with help; after two failures also with a human."""
        form = waiting.form
        assert form.open is not None
        unclear = route.unclear if isinstance(route, Ambiguous) else None
        form.open.failures += 1
        form.open.narrowed = list(unclear.near) if unclear else []
        tells = len(said.text.split()) >= SENTENCE and "?" not in said.text and waiting.ask.id != CHANGE
        if tells:
            note_down(said, waiting)
        instead = waiting.ask.question.give_up(form.heard) if form.open.failures >= 2 else None
        if instead is not None:
            form.answers[waiting.ask.id], form.open = instead, None
            yield from self._stack.resume()
            return
        if tells and not (unclear and unclear.says):
            self._stack.reply("form.noted")
        else:
            self._stack.help(waiting.ask, unclear)
        if form.open.failures >= 2:
            self._stack.reply("form.offer_agent")
        yield from self._stack.resume(again=True)

    # -- wishes -----------------------------------------------------------------------------------------------

    def _begin(self, intent: str, said: Said, waiting: Open | None) -> Steps:
        if intent == "emergency":
            self.dialogue.emergency_at = self._world.now
            keep_story(said, waiting)
        if self._flows[intent].by_question:
            self.dialogue.asked, self.dialogue.asked_at = intent, self._world.now
        self.understood = Understood("acted", intent)
        heard = [Heard.of(said)] if said.tapped is None else []
        self.dialogue.others = self._others or self.dialogue.others
        yield from self._stack.begin(intent, [*self._said_before(intent), *heard], media=said.media)

    def _said_before(self, intent: str) -> list[Heard]:
        """What was said when we asked back whether this was meant; and what a complaint or an agent should hear too."""
        form = self.dialogue.top
        if form is None:
            return []
        meant = intent in form.given.get("intents", ())
        tells = intent in _HEAR_IT_ALL and self._stack.flow(form).hands_on and bool(told(form.heard))
        return form.heard if meant or tells else []

    def _command(self, name: str, said: Said, waiting: Open | None) -> Steps:
        form = self.dialogue.top
        match name:
            case "cancel" if form:
                yield from leaving.cancel(self._stack, self.dialogue, form)
            case "restart" if form:
                self._stack.reply("form.restarted")
                yield from self._stack.restart(form)
            case "back" if waiting:
                yield from self._back(waiting)
            case "resume":
                yield from leaving.resume(self._stack, self.dialogue)
            case "discard":
                yield from leaving.discard(self._stack, self.dialogue)
            case _:
                if name == "stop" and form and not self._stack.light(form):
                    self._stack.leave()
                intent = {
                    "agent": "request_agent",
                    "stop": "unsubscribe_updates",
                    "start": "_start",
                    "language": "change_language",
                    "cancel": "cancel",
                    **{one: f"_{one}" for one in PEOPLE},
                }.get(name)
                heard = [Heard.of(said)] if name in ("agent", "language", *PEOPLE) else []
                self.understood = Understood("acted", intent or "help")
                before = self._said_before(intent) if intent else []
                yield from self._stack.begin(intent or "help", [*before, *heard])

    def _back(self, waiting: Open) -> Steps:
        """One question back: the last answer before the open question is taken back."""
        given = [ask.id for ask in waiting.asked if ask.id in waiting.form.answers]
        if given and waiting.ask.id != CHANGE:
            yield from self._take_back(waiting.form, given[-1])
        else:
            waiting.form.given.pop("changes", None)
            yield from self._stack.resume(again=True)

    def _again_or_menu(self) -> Steps:
        """The open question once more; without one, what can be done here."""
        if self.dialogue.top:
            yield from self._stack.resume(again=True)
        else:
            yield from self._stack.begin("help")


def _picks(said: Said, question: Question[Any]) -> bool:
    """Whether an option was picked by its number: that tells no more than a tap does."""
    number = said.text.strip(" .")
    return number.isdigit() and len(number) <= len(str(MOST_SHOWN)) and bool(question.options(()))


__all__ = ["NONE_OF_THESE", "Chosen", "Reply", "Turn", "Understood"]
