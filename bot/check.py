"""What `siaga check` says: everything that is missing or wrong in the settings, config/ and the texts."""

from collections.abc import Callable
from pathlib import Path

from pydantic_settings import BaseSettings

from bot.config import load_config
from bot.errors import ConfigurationError
from bot.settings import HOME, Settings, read_settings
from bot.texts import load_texts

WHATSAPP = ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_number")
"""The settings that WhatsApp needs all of."""


class _Where(BaseSettings):
    """Where the configuration is, readable also when another setting is wrong."""

    model_config = Settings.model_config
    config_dir: Path = HOME / "config"


def problems() -> list[str]:
    """Every problem, each in a line that says where and what to do; none where the service can start.

    A channel that is set only in part counts as a problem, although the service would start without it.
    """
    try:
        found = half_set(read_settings())
    except ConfigurationError as error:
        found = list(error.problems)
    folder = _Where().config_dir
    found += _wrong(load_config, folder)
    found += _wrong(load_texts, folder / "texts")
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


def _wrong(load: Callable[[Path], object], folder: Path) -> list[str]:
    try:
        load(folder)
    except ConfigurationError as error:
        return list(error.problems)
    return []


def _and(names: list[str]) -> str:
    variables = [f"SIAGA_{name.upper()}" for name in names]
    return " and ".join(variables) + (" is" if len(variables) == 1 else " are")
