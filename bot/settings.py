"""Settings from the environment or a .env file: one typed object, read once at the start."""

import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigurationError

HOME = Path(__file__).resolve().parent.parent
"""The project's own folder: sample configuration, demo data."""


class Settings(BaseSettings):
    """Every setting, by the name that it has in the environment without ``SIAGA_``."""

    model_config = SettingsConfigDict(
        env_prefix="SIAGA_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str = Field(description="PostgreSQL, any libpq URL: postgresql://siaga:...@host/siaga")
    secret_key: SecretStr = Field(
        description="At least 32 characters; encrypts personal numbers and signs sessions"
    )
    redis_url: str | None = Field(
        default=None,
        description="Redis or Valkey: live pages and shared rate limits; without it both degrade",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="Where the world reaches us, as the providers know it"
    )
    port: int = Field(default=8000, description="Port that `siaga serve` listens on")
    config_dir: Path = Field(default=HOME / "config", description="The operator's configuration")
    data_dir: Path = Field(
        default=HOME / ".siaga", description="Trained models and, in the demo, the databases"
    )
    media_url: str | None = Field(
        default=None,
        description="Where participants' files are kept: a folder, or s3://bucket/prefix; default: media/ in data_dir",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="json: an object a line; text: for people; auto: text on a terminal"
    )
    metrics_port: int | None = Field(
        default=None,
        description="Port of /metrics, /healthz, /readyz of a worker, sender or scheduler; the web has its own",
    )
    drain_seconds: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="Seconds after SIGTERM in which the web says that it is not ready but still answers",
    )
    rasa_url: str | None = Field(default=None, description="A Rasa server's address, http://host:5005")
    rasa_timeout: float = Field(default=0.3, gt=0, description="Seconds to wait for Rasa")
    rasa_act: float = Field(
        default=0.95,
        ge=0,
        le=1,
        description="Confidence to act from, where a Rasa server's model is none of ours",
    )
    rasa_ask: float = Field(
        default=0.3, ge=0, le=1, description="Confidence to ask back from, where its model is none of ours"
    )
    encoder: Path | None = Field(
        default=None, description="A sentence encoder: an ONNX file with its tokenizer.json beside it"
    )
    twilio_account_sid: str | None = Field(default=None, pattern="^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr | None = None
    twilio_whatsapp_number: str | None = Field(default=None, description="whatsapp:+62...")
    twilio_api_base: str | None = Field(default=None, description="Another host for Twilio's REST API")
    telegram_bot_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_api_base: str = "https://api.telegram.org"
    telegram_mode: Literal["webhook", "polling"] = "webhook"
    simulator: bool = Field(default=False, description="Open /simulator (never on a real installation)")
    remind_after: float = Field(
        default=15, gt=0, description="Minutes after which a form left alone is reminded of"
    )
    expire_after: float = Field(
        default=60, gt=0, description="Minutes after the reminder at which it is closed"
    )
    on_call_minutes: float = Field(
        default=10,
        ge=0,
        le=240,
        description="Minutes after which those on call hear of an emergency again that nobody took; 0: never",
    )
    quiet_seconds: float = Field(
        default=0.8,
        ge=0,
        le=2,
        description="Wait this long for a participant's next message, 2 seconds in all; 0: answer each at once",
    )
    flood_per_minute: int = Field(
        default=30,
        ge=0,
        description="Who sends more messages within a minute is told so and then not answered for a while; 0: no limit",
    )
    shed_after: float = Field(
        default=10.0,
        gt=0,
        description="Seconds that a message may wait for its turn until broadcasts have to wait instead",
    )
    shed_pending: int = Field(
        default=1000, gt=0, description="Messages that may wait until broadcasts have to wait instead"
    )
    turn_lease: float = Field(
        default=30.0, gt=0, description="Seconds after which another worker may take a turn over"
    )
    send_lease: float = Field(
        default=60.0,
        ge=20,
        description="Seconds after which another sender takes over what one that died had in hand",
    )
    media_lease: float = Field(
        default=300.0,
        ge=20,
        description="Seconds after which another worker takes over a file that one that died was fetching",
    )
    senders: int = Field(
        default=1,
        ge=1,
        description="Processes that send; without Redis each keeps to its share of the limits",
    )
    whatsapp_per_second: float = Field(
        default=60, gt=0, le=400, description="WhatsApp messages a second at most, from our number"
    )
    telegram_per_second: float = Field(
        default=30, gt=0, le=1000, description="Telegram messages a second at most, from our bot"
    )

    members: Literal["table", "vclaim"] = Field(
        default="table",
        description="Who knows the members: table (siaga members import) or vclaim (needs keys of BPJS Kesehatan)",
    )
    vclaim_url: str | None = Field(default=None, description="Address of VClaim, as in the contract")
    vclaim_cons_id: str | None = Field(default=None, description="X-cons-id of the contract")
    vclaim_secret: SecretStr | None = Field(default=None, description="Secret key of the contract")
    vclaim_user_key: SecretStr | None = Field(default=None, description="user_key of the contract")
    vclaim_timeout: float = Field(default=4.0, gt=0, le=20, description="Seconds to wait for VClaim")

    reconcile_minutes: float = Field(
        default=5,
        ge=1,
        le=60,
        description="Minutes between two looks for messages that Twilio received and could not deliver to us",
    )
    keep_queue_days: int = Field(
        default=30, ge=2, description="Days for which messages that were dealt with stay in inbox and outbox"
    )
    keep_media_days: int = Field(default=365, ge=0, description="Days for which files are kept; 0: for ever")
    keep_sealed_days: int = Field(
        default=365,
        ge=0,
        description="Days for which personal numbers within talks and closed cases can be uncovered; 0: for ever",
    )
    keep_talk_days: int = Field(
        default=730, ge=0, description="Days for which the lines of talks are kept; 0: for ever"
    )

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < 32:
            raise ValueError("at least 32 characters; make one with: openssl rand -hex 32")
        return key

    @field_validator("twilio_whatsapp_number")
    @classmethod
    def _with_channel(cls, number: str | None) -> str | None:
        if number and not number.startswith("whatsapp:"):
            return f"whatsapp:{number}"
        return number

    @property
    def media_store(self) -> str:
        """Where participants' files are kept, as `bot.media.stores.open_store` takes it."""
        return self.media_url or str(self.data_dir / "media")

    @property
    def reached_from_outside(self) -> bool:
        """Whether our public address can be one that providers reach: unset, it is this machine's own."""
        host = urlsplit(self.public_url).hostname or ""
        try:
            return not (ip_address(host).is_loopback or ip_address(host).is_unspecified)
        except ValueError:
            return bool(host) and host != "localhost"

    @property
    def whatsapp_ready(self) -> bool:
        """Whether everything that WhatsApp through Twilio needs is set."""
        return bool(self.twilio_account_sid and self.twilio_auth_token and self.twilio_whatsapp_number)

    @property
    def telegram_ready(self) -> bool:
        """Whether everything that Telegram needs is set."""
        secret = self.telegram_mode == "polling" or self.telegram_webhook_secret
        return bool(self.telegram_bot_token and secret)


class Where(BaseSettings):
    """Where the operator's files are, readable also when another setting is missing or wrong."""

    model_config = Settings.model_config
    config_dir: Path = HOME / "config"
    data_dir: Path = HOME / ".siaga"
    rasa_url: str | None = None
    encoder: Path | None = None


def _example(name: str) -> str:
    """A value to start with; for the key a new one each time, good to be used as it is."""
    if name == "secret_key":
        return secrets.token_hex(32)
    return "postgresql://siaga:password@localhost/siaga" if name == "database_url" else "..."


def read_settings(**given: object) -> Settings:
    """Settings from the environment, .env and, above both, `given`.

    Raises:
        ConfigurationError: a setting is missing or wrong; each problem names it and the line to add.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigurationError([_problem(item) for item in error.errors()]) from None


def _problem(item: object) -> str:
    assert isinstance(item, dict)
    name = str(item["loc"][0]) if item["loc"] else "?"
    variable = f"SIAGA_{name.upper()}"
    if item["type"] == "missing":
        return f"{variable} is not set. Add to .env: {variable}={_example(name)}"
    field = Settings.model_fields.get(name)
    meant = f" ({field.description})" if field and field.description else ""
    return f"{variable} is wrong: {item['msg']}{meant}"
