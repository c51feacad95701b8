"""Rasa's own Twilio channel, its requests turned to a stand-in (BENCH_TWILIO). Runs in Rasa's environment."""

from __future__ import annotations

import os
from typing import Any

from rasa.core.channels.twilio import TwilioInput  # type: ignore[import-not-found]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]


class ToStandIn(TwilioHttpClient):  # type: ignore[misc]
    """The SDK has no setting for another host."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """The same request, elsewhere."""
        there = url.replace("https://api.twilio.com", os.environ["BENCH_TWILIO"])
        return super().request(method, there, *args, **kwargs)


class Twilio(TwilioInput):  # type: ignore[misc]
    """As Rasa brings it."""

    def get_output_channel(self) -> Any:
        """A new one for each message, as Rasa makes it."""
        channel = super().get_output_channel()
        channel.http_client = ToStandIn()
        return channel
