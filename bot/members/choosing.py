"""Which directory of members is asked, by the settings."""

from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot import metrics
from bot.errors import ConfigurationError
from bot.members.breaker import Breaker
from bot.members.directory import MembershipDirectory
from bot.members.table import TableDirectory
from bot.members.vclaim import Keys, VClaim
from bot.settings import Settings
from bot.storage.engine import Database
from bot.storage.sealing import Sealer

NEEDED = ("vclaim_url", "vclaim_cons_id", "vclaim_secret", "vclaim_user_key")
"""The settings that VClaim needs all of."""


async def open_directory(
    stack: AsyncExitStack, settings: Settings, database: Database, sealer: Sealer
) -> MembershipDirectory:
    """The directory that the settings name, opened in `stack`.

    Raises:
        ConfigurationError: VClaim is wanted, but a setting of it is missing or wrong.
    """
    if settings.members == "table":
        return TableDirectory(database, sealer)
    found = problems(settings)
    if found:
        raise ConfigurationError(found)
    assert settings.vclaim_url
    assert settings.vclaim_cons_id
    assert settings.vclaim_secret
    assert settings.vclaim_user_key
    keys = Keys(
        cons_id=settings.vclaim_cons_id,
        secret=settings.vclaim_secret.get_secret_value(),
        user_key=settings.vclaim_user_key.get_secret_value(),
    )
    base = settings.vclaim_url.rstrip("/") + "/"
    http = await stack.enter_async_context(
        httpx.AsyncClient(base_url=base, timeout=settings.vclaim_timeout, trust_env=False)
    )
    _tell(False)
    return VClaim(http, keys, Breaker(changed=_tell))


def _tell(left_alone: bool) -> None:
    metrics.MEMBERS_LEFT_ALONE.labels(VClaim.name).set(int(left_alone))


def problems(settings: Settings) -> list[str]:
    """What is missing or wrong in the settings of VClaim, each with what to do."""
    there: dict[str, Any] = {name: getattr(settings, name) for name in NEEDED}
    missing = [_variable(name) for name, value in there.items() if not value]
    if settings.members != "vclaim":
        given = [_variable(name) for name, value in there.items() if value]
        lead = f"{given[0]} is set, but SIAGA_MEMBERS is not vclaim" if given else ""
        return [f"{lead}: VClaim is not asked. Set SIAGA_MEMBERS=vclaim, or remove it"] if given else []
    found = [f"SIAGA_MEMBERS is vclaim, but {name} is not set. Add it to .env" for name in missing]
    if settings.vclaim_url and (wrong := _wrong_address(settings.vclaim_url)):
        found.append(f"SIAGA_VCLAIM_URL is wrong: {wrong}")
    return found


def _wrong_address(url: str) -> str | None:
    """Why that cannot be the service's address: identity numbers go over no open line."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.query:
        return "expected an address such as https://host/vclaim-rest"
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return "expected https, since numbers of members are sent there"
    return None


def _variable(name: str) -> str:
    return f"SIAGA_{name.upper()}"
