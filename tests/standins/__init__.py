"""Stand-ins for the providers: real HTTP servers on loopback that answer as Twilio and Telegram do.

async with running_twilio() as twilio, running_telegram() as telegram:
    WhatsApp(TwilioAccount(..., api_base=twilio.url), store)
    Telegram(TelegramAccount(..., api_base=telegram.url))
"""

from tests.standins.telegram import TelegramStandIn, running_telegram
from tests.standins.twilio import TwilioStandIn, running_twilio

__all__ = ["TelegramStandIn", "TwilioStandIn", "running_telegram", "running_twilio"]
