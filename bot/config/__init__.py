"""The operator's configuration: typed, checked, and asked by name. The texts are in bot.texts."""

from bot.config.config import Config, FoundBranch, FoundFacility
from bot.config.holidays import DutyDay, Holiday, HolidayKind, Holidays
from bot.config.loading import load_config
from bot.config.places import Branch, Facility, FacilityKind, Place, Province
from bot.config.services import (
    Answer,
    CaseRules,
    Category,
    Contact,
    Deadline,
    Deadlines,
    FallbackOffice,
    System,
)
from bot.config.values import Hours, Priority, Translated, Week

__all__ = [
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
    "Holiday",
    "HolidayKind",
    "Holidays",
    "Hours",
    "Place",
    "Priority",
    "Province",
    "System",
    "Translated",
    "Week",
    "load_config",
]
