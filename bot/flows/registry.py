"""Which flow an intent starts. Names that begin with an underscore are the engine's own."""

from collections.abc import Awaitable, Callable

from bot.dialogue.flow import Flow, Flows
from bot.dialogue.talk import Talk
from bot.flows import courtesy, handover, subscription
from bot.flows.case_status import case_status
from bot.flows.closure import closure
from bot.flows.complaint import complaint
from bot.flows.emergency import emergency
from bot.flows.information import information
from bot.flows.office import channels, office
from bot.flows.outage import outage

_ANSWERED = (
    "admin_request",
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
    "check_membership",
    "check_bill",
    "ask_payment",
    "find_facility",
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


def _manners(name: str, run: Callable[[Talk], Awaitable[None]], *, to_agent: bool = False) -> Flow:
    return Flow(name=name, run=run, light=True, courtesy=True, to_agent=to_agent)


FLOWS: Flows = {
    "ask_closure": Flow(name="closure", run=closure, light=True, by_question=True),
    "ask_office": Flow(name="office", run=office, light=True, by_question=True),
    "ask_channels": Flow(name="channels", run=channels, light=True, by_question=True),
    "ask_outage": Flow(name="outage", run=outage, answers_first=True),
    "subscribe_updates": Flow(name="subscribe", run=subscription.subscribe, light=True),
    "unsubscribe_updates": Flow(name="unsubscribe", run=subscription.unsubscribe, light=True),
    "file_complaint": Flow(name="complaint", run=complaint, to_agent=True),
    "ask_case_status": Flow(name="case_status", run=case_status, light=True),
    "request_agent": Flow(name="handover", run=handover.request_agent, ends_all=True),
    "emergency": Flow(name="emergency", run=emergency),
    **dict.fromkeys(_ANSWERED, _INFORMATION),
    "greet": _manners("greet", courtesy.greet, to_agent=True),
    "thank": _manners("thank", courtesy.thank),
    "goodbye": _manners("goodbye", courtesy.goodbye),
    "affirm": _STRAY_YES,
    "deny": _STRAY_YES,
    "cancel": Flow(name="cancel", run=handover.cancel, light=True, interrupts=False, offered=False),
    "help": Flow(name="menu", run=courtesy.menu, light=True, offered=False, to_agent=True),
    "change_language": Flow(name="language", run=courtesy.language, light=True),
    "bot_challenge": _manners("bot_challenge", courtesy.bot_challenge),
    "frustration": _manners("frustration", courtesy.frustration, to_agent=True),
    "out_of_scope": Flow(
        name="out_of_scope", run=courtesy.out_of_scope, light=True, offered=False, to_agent=True
    ),
    "_urgent_agent": Flow(name="handover", run=handover.urgent_agent, ends_all=True),
    "_start": Flow(name="start", run=subscription.start, light=True, offered=False, to_agent=True),
    "_clarify": Flow(name="clarify", run=courtesy.clarify, light=True),
    "_later": Flow(name="later", run=courtesy.later, light=True),
    "_lost": Flow(name="lost", run=courtesy.lost, light=True),
    "_offer_agent": Flow(name="offer_agent", run=handover.offer_agent, light=True),
    "_queued": Flow(name="queued", run=handover.queued, light=True),
    "_media": Flow(name="media", run=courtesy.media, light=True),
}
