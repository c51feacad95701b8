"""The one place where the parts are put together. Importing it does nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.answers.index import load_index
from bot.channels.channel import Channel, no_files
from bot.channels.simulator import LOOKS, Simulator
from bot.channels.telegram import Telegram, TelegramAccount
from bot.channels.whatsapp import WhatsApp
from bot.channels.whatsapp_api import TwilioAccount
from bot.config import Config, load_config
from bot.config.templates import Template
from bot.conversation.carrying import members
from bot.conversation.carrying.understanding import reading
from bot.conversation.handling import Handling
from bot.conversation.turn import Conversations
from bot.errors import ChannelError
from bot.flows.registry import FLOWS
from bot.live import Live
from bot.media.enclosing import files
from bot.media.links import Links
from bot.media.stores import open_store
from bot.media.vault import Vault
from bot.members.choosing import open_directory
from bot.members.tries import Tries
from bot.messages import Address
from bot.nlu.cache import Cached
from bot.nlu.current import CurrentInterpreter, current_embedded
from bot.nlu.encoder import load_encoder
from bot.nlu.fallback import Fallback
from bot.nlu.interpreter import Interpreter, Thresholds
from bot.nlu.rasa.client import Rasa, connections
from bot.nlu.rasa.models import thresholds_of
from bot.nlu.training import read_labels
from bot.notices.publishing import Publisher
from bot.retention import kept
from bot.review.reading import Readers
from bot.settings import Settings
from bot.simulator.files import read_file
from bot.storage.engine import UNAVAILABLE, Database
from bot.storage.sealing import Sealer
from bot.storage.tables import ProviderContent
from bot.texts import Texts, load_texts


def clock() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Bot:
    """Everything that runs, made from one set of settings."""

    settings: Settings
    database: Database
    sealer: Sealer
    config: Config
    texts: Texts
    live: Live
    interpreter: Cached
    channels: Mapping[str, Channel]
    conversations: Conversations
    handling: Handling
    publisher: Publisher
    readers: Readers
    vault: Vault


@asynccontextmanager
async def assembled(settings: Settings) -> AsyncIterator[Bot]:
    """The service in its parts, opened and afterwards closed.

    Raises:
        ConfigurationError: config/ or the texts have a mistake; what they or the settings name cannot be used.
    """
    config, texts = load_config(settings.config_dir), load_texts(settings.config_dir / "texts")
    given = settings.config_dir, settings.data_dir, config, settings.encoder
    embedded = await asyncio.to_thread(embedded_interpreter, *given)
    sealer = Sealer(settings.secret_key.get_secret_value())
    async with AsyncExitStack() as stack:
        database, live = _stores(stack, settings)
        rasa = await _rasa(stack, settings)
        interpreter = Cached(Fallback(rasa, embedded) if rasa else embedded)
        readers = _readers(settings, embedded, rasa)
        directory = await open_directory(stack, settings, database, sealer)
        vault = Vault(open_store(settings.media_store), sealer)
        channels = _closing(stack, make_channels(settings, database, sealer, live, config.templates, vault))
        conversations = Conversations(
            database=database,
            sealer=sealer,
            config=config,
            texts=texts,
            interpreter=interpreter,
            flows=FLOWS,
            live=live,
            clock=clock,
            normaliser=readers.normaliser,
            flood_per_minute=settings.flood_per_minute,
            public_url=settings.public_url,
            kept=kept(settings),
            answers=load_index(settings.config_dir, config),
            consulting=members.consulting(directory, Tries(database, sealer), clock) | reading(interpreter),
            idle=(timedelta(minutes=settings.remind_after), timedelta(minutes=settings.expire_after)),
        )
        yield Bot(
            settings=settings,
            database=database,
            sealer=sealer,
            config=config,
            texts=texts,
            live=live,
            interpreter=interpreter,
            channels=channels,
            conversations=conversations,
            handling=Handling(sealer=sealer, config=config, texts=texts, live=live, clock=clock),
            publisher=Publisher(config),
            readers=readers,
            vault=vault,
        )


def _closing(stack: AsyncExitStack, channels: dict[str, Channel]) -> dict[str, Channel]:
    """The channels, each to be closed at the end."""
    for channel in channels.values():
        stack.push_async_callback(channel.close)
    return channels


def _stores(stack: AsyncExitStack, settings: Settings) -> tuple[Database, Live]:
    """The ways to PostgreSQL and Redis; neither is opened yet."""
    database, live = Database(settings.database_url), Live(settings.redis_url)
    stack.push_async_callback(database.close)
    stack.push_async_callback(live.close)
    return database, live


async def _rasa(stack: AsyncExitStack, settings: Settings) -> Rasa | None:
    """Rasa, where there is a server of it."""
    if not settings.rasa_url:
        return None

    return Rasa(
        await stack.enter_async_context(connections()),
        settings.rasa_url,
        read_labels(settings.config_dir / "rasa" / "domain.yml"),
        timeout=settings.rasa_timeout,
        thresholds=Thresholds(settings.rasa_act, settings.rasa_ask),
        known=partial(thresholds_of, settings.data_dir),
    )


def _readers(settings: Settings, embedded: CurrentInterpreter, rasa: Rasa | None) -> Readers:
    """Each interpreter by itself, for the review of what was not understood."""
    labels = read_labels(settings.config_dir / "rasa" / "domain.yml")
    interpreters: dict[str, Interpreter] = {embedded.name: embedded}
    if rasa:
        interpreters[rasa.name] = rasa
    return Readers(interpreters, labels, embedded.normaliser)


def embedded_interpreter(
    config_dir: Path, data_dir: Path, config: Config, encoder: Path | None = None
) -> CurrentInterpreter:
    """The interpreter in this process, with the model in service; trained first when there is none to use."""
    lists = config.nlu_lists()
    return current_embedded(
        config_dir, data_dir / "models", lists, load_encoder(encoder) if encoder else None
    )


def make_channels(
    settings: Settings,
    database: Database,
    sealer: Sealer,
    live: Live,
    templates: Sequence[Template] = (),
    vault: Vault | None = None,
) -> dict[str, Channel]:
    """The channels that the settings give.

    Args:
        templates: what Meta approved for WhatsApp.
        vault: where the files are that go out; None: none do.
    """
    channels: list[Channel] = []
    if settings.whatsapp_ready:
        assert settings.twilio_account_sid
        assert settings.twilio_auth_token
        assert settings.twilio_whatsapp_number
        account = TwilioAccount(
            sid=settings.twilio_account_sid,
            token=settings.twilio_auth_token.get_secret_value(),
            number=settings.twilio_whatsapp_number,
            public_url=settings.public_url,
            api_base=settings.twilio_api_base,
        )
        links = Links(sealer=sealer, public_url=settings.public_url, clock=clock)
        link_to = links.to if vault and settings.reached_from_outside else None
        channels.append(WhatsApp(account, Contents(database, account.sid), templates, link_to))
    if settings.telegram_ready:
        assert settings.telegram_bot_token
        secret = settings.telegram_webhook_secret
        channels.append(
            Telegram(
                TelegramAccount(
                    token=settings.telegram_bot_token.get_secret_value(),
                    secret=secret.get_secret_value() if secret else None,
                    api_base=settings.telegram_api_base,
                ),
                files(vault) if vault else no_files,
            )
        )
    if settings.simulator:
        channels += _simulators(database, sealer, live)
    return {channel.name: channel for channel in channels}


def _simulators(database: Database, sealer: Sealer, live: Live) -> list[Simulator]:
    async def shown(address: Address) -> None:
        await live.publish(f"phone:{address}")

    async def sent(reference: str) -> tuple[str, bytes]:
        return await read_file(database, sealer, reference)

    return [Simulator(name, shown, sent) for name in LOOKS]


class Contents:
    """Which content objects there are at Twilio, kept in the database by account.

    While PostgreSQL is away it raises a `ChannelError`: nothing was sent yet, which nobody else can know.
    """

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    async def get(self, friendly_name: str) -> str | None:
        """The SID under that name, if there is one."""
        query = select(ProviderContent.sid).where(
            ProviderContent.account == self._account, ProviderContent.name == friendly_name
        )
        with _nothing_sent():
            async with self._database.sessions() as session:
                return await session.scalar(query)

    async def put(self, friendly_name: str, sid: str) -> None:
        """Keep a SID, in place of an older one."""
        row = insert(ProviderContent).values(account=self._account, name=friendly_name, sid=sid)
        with _nothing_sent():
            async with self._database.sessions.begin() as session:
                await session.execute(
                    row.on_conflict_do_update(index_elements=["account", "name"], set_={"sid": sid})
                )


@contextmanager
def _nothing_sent() -> Iterator[None]:
    try:
        yield
    except UNAVAILABLE:
        raise ChannelError("no_connection", retry=True) from None
