"""What `siaga check` says: all that is missing or wrong in the settings, config/, texts, training data, encoder."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.config import load_config
from bot.errors import ConfigurationError
from bot.media.stores import check_store
from bot.members import choosing
from bot.nlu.encoder import load_encoder
from bot.nlu.training import read_labels, read_training
from bot.nlu.word_lists import read_word_lists
from bot.settings import Settings, Where, read_settings
from bot.texts import load_texts

WHATSAPP = ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_number")
"""The settings that WhatsApp needs all of."""

T = TypeVar("T")


def problems() -> list[str]:
    """Every problem, each in a line that says where and what to do; none where the service can start.

    A channel that is set only in part counts as a problem, although the service would start without it.
    """
    try:
        settings = read_settings()
        found = half_set(settings) + choosing.problems(settings) + _wrong(check_store, settings.media_store)
    except ConfigurationError as error:
        found = list(error.problems)
    where = Where()
    found += _wrong(load_config, where.config_dir)
    found += _wrong(load_texts, where.config_dir / "texts")
    found += _wrong(read_word_lists, where.config_dir)
    found += _wrong(_read_training, where.config_dir / "rasa")
    if where.encoder:
        found += _wrong(load_encoder, where.encoder)
    return found


def half_set(settings: Settings) -> list[str]:
    """Channels that have some of their settings but not all, so that they stay off."""
    found = []
    missing = [name for name in WHATSAPP if not getattr(settings, name)]
    if 0 < len(missing) < len(WHATSAPP):
        found.append(
            f"WhatsApp stays off: {_and(missing)} not set. Add to .env, or remove the other SIAGA_TWILIO_..."
        )
    if settings.telegram_bot_token and not settings.telegram_ready:
        found.append(
            f"Telegram stays off: {_and(['telegram_webhook_secret'])} not set. "
            "Add it to .env (make one with: openssl rand -hex 32), or set SIAGA_TELEGRAM_MODE=polling"
        )
    if settings.telegram_webhook_secret and not settings.telegram_bot_token:
        found.append(
            f"Telegram stays off: {_and(['telegram_bot_token'])} not set. Add @BotFather's token to .env"
        )
    return found


def _read_training(rasa: Path) -> None:
    read_training(rasa / "nlu", read_labels(rasa / "domain.yml"))


def _wrong(load: Callable[[T], object], where: T) -> list[str]:
    try:
        load(where)
    except ConfigurationError as error:
        return list(error.problems)
    return []


def _and(names: list[str]) -> str:
    variables = [f"SIAGA_{name.upper()}" for name in names]
    return " and ".join(variables) + (" is" if len(variables) == 1 else " are")
