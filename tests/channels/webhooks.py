"""Payload files as the webhooks that the providers would send."""

import json
from pathlib import Path
from urllib.parse import urlencode

from bot.channels.channel import Webhook
from tests.standins.twilio import TwilioStandIn

PAYLOADS = Path(__file__).parent.parent / "payloads"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def payload(provider: str, name: str):
    return json.loads((PAYLOADS / provider / f"{name}.json").read_text())


def names(provider: str) -> list[str]:
    return sorted(path.stem for path in (PAYLOADS / provider).glob("*.json"))


def form_webhook(form: dict, path: str = "/webhooks/whatsapp", headers: dict | None = None) -> Webhook:
    return Webhook(path, {"content-type": FORM} | (headers or {}), urlencode(form).encode())


def signed_webhook(form: dict, url: str, path: str, standin: TwilioStandIn) -> Webhook:
    headers = {name.lower(): value for name, value in standin.signed(url, form).items()}
    return Webhook(path, headers, urlencode(form).encode())


def json_webhook(body: object, headers: dict | None = None) -> Webhook:
    return Webhook(
        "/webhooks/telegram",
        {"content-type": "application/json"} | (headers or {}),
        json.dumps(body).encode(),
    )
