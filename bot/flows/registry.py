"""Which flow an intent starts. Names that begin with an underscore are the engine's own."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.dialogue.answering import ANSWER
from bot.dialogue.flow import Flow, Flows
from bot.dialogue.talk import Talk
from bot.flows import courtesy, handover, media, membership, people, subscription
from bot.flows.administration import administration
from bot.flows.administration_list import services
from bot.flows.case_status import case_status, status
from bot.flows.channels import channels
from bot.flows.closure import closure
from bot.flows.complaint import complaint
from bot.flows.documents import document
from bot.flows.emergency import asked, emergency, urged
from bot.flows.facilities import find_facility
from bot.flows.information import information
from bot.flows.location import location
from bot.flows.office import office
from bot.flows.outage import outage
from bot.flows.place import place
from bot.flows.shelf import shelf

_ANSWERED = (
    "ask_payment",
    "ask_referral",
    "ask_benefit",
    "ask_card",
    "ask_screening",
)
"""Intents that config/faq.yml answers."""

_INFORMATION = Flow(name="information", run=information, light=True, by_question=True)
_STRAY_YES = Flow(
    name="stray_yes", run=courtesy.stray_yes, light=True, interrupts=False, offered=False, to_agent=True
)


_SERVICES = (
    "admin_new_member",
    "admin_add_family",
    "admin_newborn",
    "admin_change_segment",
    "admin_change_identity",
    "admin_salary_grade",
    "admin_change_facility",
    "admin_report_death",
    "admin_fix_duplicate",
    "admin_reactivate",
    "admin_change_class",
)
"""Intents for which config/services.yml has a service."""


def _service() -> Flow:
    """A flow of its own for each, so that one wish can interrupt the form of another."""
    return Flow(
        name="administration",
        run=administration,
        answers_first=True,
        resumable=True,
        general=True,
        to_agent=True,
    )


def _membership(name: str, run: Callable[[Talk], Awaitable[None]]) -> Flow:
    return Flow(name=name, run=run, answers_first=True, general=True, to_agent=True)


def _manners(name: str, run: Callable[[Talk], Awaitable[None]], *, to_agent: bool = False) -> Flow:
    return Flow(name=name, run=run, light=True, courtesy=True, to_agent=to_agent)


FLOWS: Flows = {
    "ask_closure": Flow(name="closure", run=closure, light=True, by_question=True),
    "ask_office": Flow(name="office", run=office, light=True, by_question=True),
    "find_facility": Flow(name="facilities", run=find_facility, light=True, by_question=True, general=True),
    "ask_channels": Flow(name="channels", run=channels, light=True, by_question=True, general=True),
    "ask_outage": Flow(name="outage", run=outage, answers_first=True, hands_on=True),
    "subscribe_updates": Flow(name="subscribe", run=subscription.subscribe, light=True),
    "unsubscribe_updates": Flow(name="unsubscribe", run=subscription.unsubscribe, light=True),
    "file_complaint": Flow(name="complaint", run=complaint, to_agent=True),
    "ask_case_status": Flow(name="case_status", run=case_status, light=True),
    "request_agent": Flow(name="handover", run=handover.request_agent, ends_all=True),
    "emergency": Flow(name="emergency", run=emergency, to_agent=True, sets_aside=True),
    "_urged": Flow(name="urged", run=urged, light=True, interrupts=False, offered=False, to_agent=True),
    "_asked_of_emergency": Flow(name="emergency_asked", run=asked, light=True, offered=False, to_agent=True),
    "check_membership": _membership("membership", membership.membership),
    "check_bill": _membership("bill", membership.bill),
    **dict.fromkeys(_ANSWERED, _INFORMATION),
    "admin_request": Flow(name="administration_list", run=services, light=True),
    **{intent: _service() for intent in _SERVICES},
    "greet": _manners("greet", courtesy.greet, to_agent=True),
    "thank": _manners("thank", courtesy.thank),
    "goodbye": replace(_manners("goodbye", courtesy.goodbye), quiet=True),
    "affirm": _STRAY_YES,
    "deny": _STRAY_YES,
    "cancel": Flow(name="cancel", run=handover.cancel, light=True, interrupts=False, offered=False),
    "help": Flow(name="menu", run=courtesy.menu, light=True, offered=False, to_agent=True),
    "change_language": Flow(name="language", run=courtesy.language, light=True),
    "bot_challenge": replace(_manners("bot_challenge", courtesy.bot_challenge), general=True),
    "frustration": replace(_manners("frustration", courtesy.frustration, to_agent=True), hands_on=True),
    "out_of_scope": Flow(
        name="out_of_scope",
        run=courtesy.out_of_scope,
        light=True,
        offered=False,
        to_agent=True,
        general=True,
    ),
    "_start": Flow(name="start", run=subscription.start, light=True, offered=False, to_agent=True),
    "_privacy": Flow(name="privacy", run=people.privacy, light=True, offered=False),
    "_my_data": Flow(name="my_data", run=people.my_data, light=True, offered=False),
    "_erase_me": Flow(name="erase_me", run=people.erase_me, light=True, offered=False),
    "_join": Flow(name="join", run=people.join, light=True, offered=False),
    "_part": Flow(name="part", run=people.part, light=True, offered=False),
    "_clarify": Flow(name="clarify", run=courtesy.clarify, light=True, hands_on=True),
    ANSWER: Flow(name="information", run=information, light=True),
    "_later": Flow(name="later", run=courtesy.later, light=True),
    "_lost": Flow(name="lost", run=courtesy.lost, light=True, hands_on=True),
    "_offer_agent": Flow(name="offer_agent", run=handover.offer_agent, light=True, hands_on=True),
    "_queued": Flow(name="queued", run=handover.queued, light=True),
    "_shelf": Flow(name="shelf", run=shelf, light=True),
    "_status": Flow(name="status", run=status, light=True, offered=False),
    "_place": Flow(name="place", run=place, light=True, offered=False),
    "_location": Flow(name="location", run=location, light=True, offered=False),
    "_media": Flow(name="media", run=media.media, light=True),
    "_unread": Flow(name="media", run=media.unread, light=True),
    "_document": Flow(name="document", run=document, light=True),
}
