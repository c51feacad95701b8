"""What a message means for the talk: an answer, a correction, an interruption, or nothing that we understand.

The line between an answer to the open question and a new wish is drawn here and nowhere else.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.dialogue.alarms import EMERGENCY, URGED
from bot.dialogue.asking import asks, asks_what_now, wishes
from bot.dialogue.commands import Commands
from bot.dialogue.correcting import told_anew
from bot.dialogue.flow import Flow, Flows
from bot.dialogue.questions import SENTENCE, Evidence, Retracted, Turned, Unclear, YesNo
from bot.dialogue.requests import Ask
from bot.dialogue.routes import (
    AskBack,
    Begin,
    Command,
    Correct,
    LocationKept,
    Lost,
    MediaKept,
    Route,
    Stale,
    TakenBack,
    Unreadable,
    Urged,
    answering,
)
from bot.dialogue.state import LIKELY, Dialogue, Form, Heard, Said
from bot.dialogue.talk import FOLLOWS_WITHIN, World
from bot.dialogue.taps import TAP
from bot.reading.papers import names_paper

EMERGENCY_IN_STORY = 0.75
"""Who was asked what happened tells of pain and of missing medicine: only a likely emergency interrupts them.
So it is with the answers to a form that name nothing dangerous."""
EMERGENCY_FROM = 0.35
"""Missing an emergency is worse than asking once too often: it interrupts well below the act threshold."""


_CORRECTION = re.compile(
    r"\b(eh|salah|ralat|koreksi|maksud(nya| saya| sy|ku)?|harusnya|seharusnya|ganti|diganti|ubah|diubah|rubah|typo|"
    r"keliru|bukan|tertukar|ketukar|ketuker|sorry|wrong|i mean|correction|instead|change)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:(?:saya|sy|aku|tolong|min|kak) )*(?:mau|ingin|pengen|minta|want to|would like to) (?:saya )?"
    r"(?:cek|ngecek|tanya|nanya|lapor|bayar|daftar|lihat|tahu|tau|urus|komplain|complain|mengadu|cari|bicara|ngobrol|"
    r"check|ask|report|pay|register|talk)\b",
    re.IGNORECASE,
)
"""The beginning of a wish of its own: the "mau" of "mau cek tagihan" is no yes."""
_ALWAYS = ("request_agent", "help", "change_language")
"""Intents that are no part of any story."""
_VENTS = "frustration"
"""The intent of anger: in a whole sentence it tells a form what it is about."""
SPOKEN = ("voice", "audio")
"""Kinds in which somebody speaks."""
_RECORDED = (*SPOKEN, "video")
_BY_NUMBER = ("check_membership", "check_bill")
"""Intents that begin with a member's number."""
CLOSURE, CHANNELS = "ask_closure", "ask_channels"
"""Who heard that an office is closed and asks what to do then is told of the ways around it."""
_UNHEARD = ("voice", "audio", "video", "sticker", "contact")
QUESTION_FROM = 0.85
"""From this confidence on a question is answered: a wrong answer to it changes nothing, and is seen to be wrong."""
_FEW = 2
"""Words that are rather a title than a sentence."""


def cries_for_help(said: Said, dialogue: Dialogue, least: float = EMERGENCY_FROM) -> bool:
    """Whether it is taken for an emergency with `least` confidence, and none was answered just before."""
    if dialogue.emergency_at and (said.at - dialogue.emergency_at).total_seconds() < 900:
        return False
    if not any(
        letter.isalpha() for letter in said.text
    ):  # a number is a choice, whatever a model makes of it
        return False
    return said.interpretation.intent == "emergency" and said.interpretation.confidence >= least


@dataclass(frozen=True)
class Open:
    """The form that has the floor, its flow, the question it waits with, and what it asked before."""

    form: Form
    flow: Flow
    ask: Ask[Any]
    asked: list[Ask[Any]]


class Router:
    """Decides about one message."""

    def __init__(self, flows: Flows, world: World, dialogue: Dialogue, commands: Commands) -> None:
        self._flows = flows
        self._world = world
        self._dialogue = dialogue
        self._commands = commands

    def route(self, said: Said, waiting: Open | None) -> Route:
        """The one thing that `said` means now."""
        if said.tapped is not None:
            return self._tap(said.tapped, waiting)
        if said.named is not None and not isinstance(option := self._tap(said.named, waiting), Stale):
            return option
        if said.location and not said.text:
            return self._located(said, waiting)
        unreadable = _unreadable(said)
        if unreadable and not self._is_evidence(said, waiting):
            return Unreadable(unreadable)
        command = self._commands.read(said.text)
        if command and not self._meant_otherwise(command, said, waiting):
            return Begin("emergency") if command == "emergency" else Command(command)
        if self._is_emergency(said, waiting):
            return Begin("emergency")
        if self._is_awaited(said, waiting):
            return MediaKept()
        return self._in_form(said, waiting) if waiting else self._idle(said)

    def _tap(self, tapped: str, waiting: Open | None) -> Route:
        match = TAP.fullmatch(tapped)
        if match is None:
            return Stale()
        question_id, code = match[2], match[3]
        if waiting and int(match[1]) == waiting.form.serial:
            if question_id == waiting.ask.id:
                return Command("cancel") if code == "stop" else answering(waiting.ask.question.tapped(code))
            for earlier in waiting.asked:
                kept = earlier.question.tapped(code) if earlier.id == question_id else None
                if isinstance(kept, Turned | Retracted):
                    return Stale()
                if kept is not None and self._may_change(earlier, kept, waiting.form):
                    return Correct(question_id, kept)
        # The buttons of a menu stay good for as long as they can be seen.
        return Begin(code) if code in self._flows and not code.startswith("_") else Stale()

    @staticmethod
    def _may_change(earlier: Ask[Any], kept: Any, form: Form) -> bool:
        """A button tapped twice changes nothing, so it may always."""
        return earlier.question.correctable or form.answers.get(earlier.id) == kept

    @staticmethod
    def _is_evidence(said: Said, waiting: Open | None) -> bool:
        """Whether a recording or a film is sent where proof is asked for."""
        evidence = waiting is not None and isinstance(waiting.ask.question, Evidence)
        return evidence and bool(said.media) and said.media[0].kind in _RECORDED

    def _is_emergency(self, said: Said, waiting: Open | None) -> bool:
        """Whether somebody cries for help. Who answers the questions of a form names hospitals and parents as well."""
        in_form = waiting is not None and not self._light(waiting)
        if in_form and self._commands.alarms.only_presses(said.text):
            return False
        danger = self._commands.alarms.in_story(said.text) if in_form else True
        telling = waiting is not None and waiting.ask.question.open_ended
        if telling and not danger:
            return False
        least = EMERGENCY_IN_STORY if telling or not danger else EMERGENCY_FROM
        return cries_for_help(said, self._dialogue, least)

    def _meant_otherwise(self, command: str, said: Said, waiting: Open | None) -> bool:
        """Whether a word that works everywhere is an answer here: "lanjutkan" means yes to who was just asked."""
        if waiting is None or command == "cancel":
            return False
        if command == "language" and self._commands.languages.named(said.text) == self._dialogue.language:
            return True  # "Indonesia" is no wish to somebody who speaks it
        if command == "resume" and isinstance(waiting.ask.question, YesNo):
            return not (waiting.ask.optional and self._dialogue.shelf)
        return self._answers(said, waiting)

    def _answers(self, said: Said, waiting: Open) -> bool:
        """Whether it is one of the offered titles: then it is the answer, whatever else it may mean."""
        narrowed = waiting.form.open.narrowed if waiting.form.open else []
        titles = [option.title.lower() for option in waiting.ask.question.options(narrowed)]
        return said.text.lower().strip() in titles

    def _located(self, said: Said, waiting: Open | None) -> Route:
        """A shared place: the answer, the way to an emergency room, for the agent, or a wish of its own."""
        assert said.location
        kept = waiting.ask.question.locate(said.location) if waiting else None
        if kept is not None:
            return answering(kept)
        if self._dialogue.in_danger(said.at):
            return Begin("_location")
        if self._world.queued:
            return Unreadable("location")
        return LocationKept() if waiting and not self._light(waiting) else Begin("_location")

    # -- in a form --------------------------------------------------------------------------------------------

    def _in_form(self, said: Said, waiting: Open) -> Route:
        question = waiting.ask.question
        if aside := self._beside(said, waiting):
            return aside
        narrowed = waiting.form.open.narrowed if waiting.form.open else []
        kept = question.read(said, narrowed, strictly=True)
        clear = kept is not None and not isinstance(kept, Unclear)
        surely = question.goes_on or self._answers(said, waiting)
        if clear and (surely or not self._interrupts(said, waiting, certain=True)):
            return answering(kept)
        if self._interrupts(said, waiting, certain=False):
            return Begin(said.interpretation.intent)
        return self._loosely(said, waiting, question.read(said, narrowed, strictly=False))

    def _beside(self, said: Said, waiting: Open) -> Route | None:
        """What is no answer to the open question, however it reads."""
        question = waiting.ask.question
        if anew := told_anew(waiting.form, waiting.asked[:-1], said):
            return Correct(*anew)
        if self._presses(said, waiting):
            return Urged()
        manners = None if self._light(waiting) or said.media else self._commands.plainly.manners(said.text)
        if manners and not isinstance(question, Evidence):
            return Begin(manners)
        if said.media and question.takes_files:
            return answering(question.read(said, (), strictly=False))
        if said.media and (not said.text or isinstance(question, Evidence)):
            return MediaKept()
        return Command("cancel") if self._wants_out(said) else self._correction(said, waiting)

    def _presses(self, said: Said, waiting: Open) -> bool:
        """Whether a form is only urged on: "urgent banget min" is neither an answer to it nor a cry for help."""
        urges = said.interpretation.intent == URGED
        grave = said.interpretation.intent == EMERGENCY and self._commands.alarms.only_presses(said.text)
        return (urges or grave) and not self._light(waiting) and not waiting.ask.question.is_story

    def _loosely(self, said: Said, waiting: Open, kept: Any | Unclear | None) -> Route:
        """What was said, read as an answer as far as it can be."""
        if kept is None and said.agrees is True:
            kept = Unclear()  # "ya" to one of several
        if kept is not None:
            return answering(kept)
        if self._light(waiting):
            return self._idle(said)
        other = self._flows.get(said.interpretation.intent) is not waiting.flow
        elsewhere = other and asks(said.text) and not waiting.ask.question.open_ended
        return (self._guess(said) if elsewhere else None) or Lost()

    def _is_awaited(self, said: Said, waiting: Open | None) -> bool:
        """Whether a photo comes with the name of a document that is missing somewhere: "ini KTP nya"."""
        free = waiting is None or self._light(waiting)
        return free and bool(said.media) and names_paper(said.text, self._world.awaited)

    def _light(self, waiting: Open) -> bool:
        return waiting.flow.light or waiting.ask.optional

    def _wants_out(self, said: Said) -> bool:
        """A wish to leave in other words than the command's: "ga jadi deh min"."""
        meant = said.interpretation
        return meant.intent == "cancel" and meant.acted_on and len(said.text.split()) <= 6

    def _interrupts(self, said: Said, waiting: Open, *, certain: bool) -> bool:
        """Whether the message is a wish of its own rather than an answer.

        `certain`: it reads well as an answer too, so only a plain question of another kind counts.
        """
        meant, light = said.interpretation, self._light(waiting)
        flow = self._flows.get(meant.intent)
        if flow is None or not flow.interrupts or not _surely(said, flow) or _only_names(said):
            return False
        if flow is waiting.flow and not light:
            return False
        words = len(said.text.split())
        question = asks(said.text)
        if meant.intent == _VENTS and words >= SENTENCE and not light:
            return False
        if waiting.ask.question.open_ended:
            return words <= 10 and (question or meant.intent in _ALWAYS)
        wished = question or wishes(said.text) or not flow.by_question
        if certain:
            return words > _FEW and (question or (light and wished) or bool(_REQUEST.match(said.text)))
        return wished

    def _correction(self, said: Said, waiting: Open) -> Route | None:
        mark = _CORRECTION.search(said.text)
        if mark is None or not self._may_correct(said.text, mark.start(), waiting):
            return None
        after = said.text[mark.end() :]
        entities = [found for found in said.interpretation.entities if found.start >= mark.end()]
        rest = Heard(text=after.strip(" ,.-"), at=said.at, entities=entities)
        for ask in reversed(waiting.asked[:-1]):
            if not ask.question.correctable or not rest.text:
                continue
            kept = ask.question.correct(rest)
            if kept is not None and kept != waiting.form.answers.get(ask.id):
                return Correct(ask.id, kept)
        taken_back = [ask.id for ask in waiting.asked[:-1] if ask.question.retracted(said.text)]
        return TakenBack(taken_back[-1]) if taken_back else None

    @staticmethod
    def _may_correct(text: str, at: int, waiting: Open) -> bool:
        """A story has such words in it too: there only a short message that begins with one corrects."""
        if not waiting.ask.question.open_ended:
            return True
        return len(text.split()) <= 10 and len(text[:at].split()) <= 1

    # -- without a form ---------------------------------------------------------------------------------------

    def _idle(self, said: Said) -> Route:
        meant = said.interpretation
        flow = self._flows.get(meant.intent)
        if said.media and not said.text:
            return MediaKept()
        if not any(
            letter.isalpha() for letter in said.text
        ):  # a stray number or sign means nothing by itself
            return MediaKept() if said.media else self._number(said) or Lost()
        harmless = flow is not None and (flow.by_question or (flow.answers_first and asks(said.text)))
        answered = harmless and meant.confidence >= QUESTION_FROM
        asked = answered and asks(said.text)
        if flow and self._world.queued and not asked and (flow.to_agent or not meant.acted_on):
            return Lost()
        if _only_names(said):
            return self._number(said) or self._place(said) or self._guess(said) or Lost()
        titled = self._commands.title(said.text)
        if titled in self._flows:
            return Begin(str(titled))
        if flow and (meant.acted_on or answered):
            return Begin(meant.intent)
        return self._guess(said) or (MediaKept() if said.media else Lost())

    def _number(self, said: Said) -> Route | None:
        """What a member's number alone is sent for."""
        meant = said.interpretation
        number = meant.first("jkn_number") or meant.first("nik")
        known = all(intent in self._flows for intent in _BY_NUMBER)
        return AskBack(_BY_NUMBER) if number and known and not self._world.queued else None

    def _place(self, said: Said) -> Route | None:
        """What the name of a town alone is sent for, where it goes on with nothing."""
        alone = all(found.entity == "place" for found in said.interpretation.entities)
        asked = self._dialogue.top and self._dialogue.top.given.get("intents")
        return Begin("_place") if alone and not asked and not self._follows_up(said) else None

    def _guess(self, said: Said) -> Route | None:
        """What may be meant although the interpreter is not sure."""
        meant = said.interpretation
        if meant.first("case_number"):
            return Begin("ask_case_status")
        if self._follows_up(said):
            return Begin(str(self._dialogue.asked))
        if self._dialogue.asked == CLOSURE and self._goes_on(said) and asks_what_now(said.text):
            return Begin(CHANNELS)
        if not meant.asked_about:
            return None
        near = {name: share for name, share in meant.ranking[:3] if share >= 0.08 and self._offered(name)}
        if len(said.text.split()) == 1 and not self._commands.alarms.in_story(said.text):
            near.pop("emergency", None)  # a name of a place that nobody knows is no cry for help
        flow = self._flows.get(meant.intent)
        ahead = meant.confidence > max(LIKELY, 2 * max(near.values(), default=0.0))
        if flow and flow.courtesy and ahead:
            return Begin(meant.intent)
        asked = self._dialogue.top.given.get("intents", ()) if self._dialogue.top else ()
        again = next((name for name in near if name in asked), None)
        if again:  # whoever goes on in the same vein has said yes
            return Begin(again)
        return AskBack(tuple(near)) if near else None

    def _follows_up(self, said: Said) -> bool:
        """Whether a few words only put another day or place into the question before: "kalau besok?"."""
        if not self._goes_on(said) or len(said.text.split()) > 6:
            return False
        return self._dialogue.asked in self._flows and bool(Heard.of(said).first("place", "when"))

    def _goes_on(self, said: Said) -> bool:
        """Whether a question was answered a moment before."""
        at = self._dialogue.asked_at
        return at is not None and said.at - at <= FOLLOWS_WITHIN

    def _offered(self, intent: str) -> bool:
        flow = self._flows.get(intent)
        return flow is not None and flow.offered and not flow.courtesy


def _surely(said: Said, flow: Flow) -> bool:
    """Whether it is sure enough to interrupt: a question whose answer changes nothing may be less so."""
    meant = said.interpretation
    return meant.acted_on or (flow.by_question and asks(said.text) and meant.confidence >= QUESTION_FROM)


def _only_names(said: Said) -> bool:
    """Whether nothing but names and times was written ("samarinda"): that is no wish, whatever it was taken for."""
    rest = said.text
    for found in said.interpretation.entities:
        rest = rest.replace(found.value, " ")
    return bool(said.interpretation.entities) and not any(letter.isalpha() for letter in rest)


def _unreadable(said: Said) -> str | None:
    """The kind of a message that says nothing we can read."""
    if said.unsupported or said.text:
        return said.unsupported
    if said.media and said.media[0].kind in _UNHEARD:
        return said.media[0].kind
    return None
