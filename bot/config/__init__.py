"""The operator's configuration: typed, checked, and asked by name. The texts are in bot.texts."""

from bot.config.answers import Answer, Question
from bot.config.config import Config, FoundBranch, FoundFacility, FoundPlace
from bot.config.contacts import Contact, Opening, Topic
from bot.config.holidays import DutyDay, Holiday, HolidayKind, Holidays
from bot.config.listed import Listed
from bot.config.loading import load_config
from bot.config.places import Branch, Facility, FacilityKind, Place, Province
from bot.config.services import (
    CaseRules,
    Category,
    Deadline,
    Deadlines,
    FallbackOffice,
    System,
)
from bot.config.values import HOME_ZONE, Hours, Priority, Translated, Week

__all__ = [
    "HOME_ZONE",
    "Answer",
    "Branch",
    "CaseRules",
    "Category",
    "Config",
    "Contact",
    "Deadline",
    "Deadlines",
    "DutyDay",
    "Facility",
    "FacilityKind",
    "FallbackOffice",
    "FoundBranch",
    "FoundFacility",
    "FoundPlace",
    "Holiday",
    "HolidayKind",
    "Holidays",
    "Hours",
    "Listed",
    "Opening",
    "Place",
    "Priority",
    "Province",
    "Question",
    "System",
    "Topic",
    "Translated",
    "Week",
    "load_config",
]
