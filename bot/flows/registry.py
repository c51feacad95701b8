"""Which flow an intent starts. Names that begin with an underscore are the engine's own."""

from bot.dialogue.flow import Flow, Flows
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

_INFORMATION = Flow("information", information, light=True)

FLOWS: Flows = {
    "ask_closure": Flow("closure", closure),
    "ask_office": Flow("office", office),
    "ask_channels": Flow("channels", channels),
    "ask_outage": Flow("outage", outage),
    "subscribe_updates": Flow("subscribe", subscription.subscribe),
    "unsubscribe_updates": Flow("unsubscribe", subscription.unsubscribe),
    "file_complaint": Flow("complaint", complaint),
    "ask_case_status": Flow("case_status", case_status),
    "request_agent": Flow("handover", handover.request_agent, ends_all=True),
    "emergency": Flow("emergency", emergency),
    **dict.fromkeys(_ANSWERED, _INFORMATION),
    "greet": Flow("greet", courtesy.greet, light=True),
    "thank": Flow("thank", courtesy.thank, light=True),
    "goodbye": Flow("goodbye", courtesy.goodbye, light=True),
    "affirm": Flow("stray_yes", courtesy.stray_yes, light=True, interrupts=False),
    "deny": Flow("stray_yes", courtesy.stray_yes, light=True, interrupts=False),
    "cancel": Flow("cancel", handover.cancel, light=True, interrupts=False),
    "help": Flow("menu", courtesy.menu, light=True),
    "change_language": Flow("language", courtesy.language, light=True),
    "bot_challenge": Flow("bot_challenge", courtesy.bot_challenge, light=True),
    "frustration": Flow("frustration", courtesy.frustration, light=True),
    "out_of_scope": Flow("out_of_scope", courtesy.out_of_scope, light=True),
    "_urgent_agent": Flow("handover", handover.urgent_agent, ends_all=True),
    "_clarify": Flow("clarify", courtesy.clarify, light=True),
    "_lost": Flow("lost", courtesy.lost, light=True),
    "_offer_agent": Flow("offer_agent", handover.offer_agent, light=True),
    "_queued": Flow("queued", handover.queued, light=True),
    "_media": Flow("media", courtesy.media, light=True),
}
