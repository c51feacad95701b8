"""What a failure's code means, whichever channel it came from: the tables of the channels together."""

from bot.channels import telegram_errors, whatsapp_errors
from bot.channels.failures import COMMON, Meaning, by_class

MEANINGS: dict[str, Meaning] = COMMON | whatsapp_errors.TABLE | telegram_errors.TABLE
"""No two tables use one code differently: Twilio's are numbers, Telegram's are names."""


def meaning(code: str) -> Meaning:
    """What `code` means; one that no table has by its HTTP class."""
    return MEANINGS.get(code) or by_class(code)
