"""Twilio content objects: the few shapes of a question with buttons or a list, filled in for each message.

Every word in them is a variable, so that one object for each number of options serves every question. Each is
created when it is first needed and found again by its friendly name.
"""

import asyncio
import json
import re
import time
from typing import Protocol

import structlog

from bot.channels.rendering import Part
from bot.channels.whatsapp_api import TwilioApi
from bot.errors import ChannelError
from bot.messages import Call

log = structlog.get_logger()

LIST_BUTTON = "Pilihan / Options"
"""What opens a list; at most 20 characters."""
BODY_VARIABLE = "1"
REST = 60.0
"""Seconds in which nothing is created after Twilio refused; questions go as numbered text meanwhile."""


class ContentStore(Protocol):
    """Where the ids of created content objects are kept, for one Twilio account."""

    async def get(self, friendly_name: str) -> str | None:
        """The id kept for the name, or None."""
        ...

    async def put(self, friendly_name: str, sid: str) -> None:
        """Keep the id, in place of an older one."""
        ...


def _actions(count: int, fields: tuple[str, ...]) -> list[dict[str, str]]:
    """`count` buttons or rows, each of `fields` one variable; {{1}} is the body."""
    width = len(fields)
    return [
        {field: f"{{{{{2 + row * width + column}}}}}" for column, field in enumerate(fields)}
        for row in range(count)
    ]


def _definition(name: str, kind: str, shape: dict[str, object], variables: int) -> dict[str, object]:
    samples = {str(number): f"contoh {number}" for number in range(1, variables + 1)}
    return {
        "friendly_name": name,
        "language": "id",
        "variables": samples,
        "types": {kind: {"body": "{{1}}", **shape}},
    }


def _buttons(count: int) -> dict[str, object]:
    actions = [{"type": "QUICK_REPLY", **action} for action in _actions(count, ("title", "id"))]
    return _definition(f"siaga_buttons_{count}_v1", "twilio/quick-reply", {"actions": actions}, 1 + 2 * count)


def _list(count: int, *, described: bool) -> dict[str, object]:
    fields = ("item", "id", "description") if described else ("item", "id")
    name = f"siaga_list_{count}{'_described' if described else ''}_v1"
    shape: dict[str, object] = {"button": LIST_BUTTON, "items": _actions(count, fields)}
    return _definition(name, "twilio/list-picker", shape, 1 + len(fields) * count)


DEFINITIONS: dict[str, dict[str, object]] = {
    str(definition["friendly_name"]): definition
    for definition in (
        *(_buttons(count) for count in range(1, 4)),
        *(_list(count, described=described) for count in range(4, 11) for described in (False, True)),
    )
}
"""What to create, by friendly name. A changed definition needs a new name: contents are never altered."""


def question(part: Part) -> Call:
    """The call that asks `part` with a content object; `Body` is the same question without."""
    described = part.listed and all(option.description for option in part.options)
    count = len(part.options)
    name = (
        f"siaga_list_{count}{'_described' if described else ''}_v1"
        if part.listed
        else f"siaga_buttons_{count}_v1"
    )
    values = [re.sub(" {5,}", "    ", part.body)]  # more than four spaces make Meta refuse a variable
    for option in part.options:
        values += [option.title, option.id, *([option.description] if described else [])]
    variables = {str(number): value for number, value in enumerate(values, start=1)}
    return Call(
        method="Messages",
        fields={
            "Content": name,
            "ContentVariables": json.dumps(variables, ensure_ascii=False),
            "Body": part.plain,
        },
    )


class Contents:
    """The ids of our content objects at Twilio."""

    def __init__(self, api: TwilioApi, store: ContentStore) -> None:
        self._api, self._store = api, store
        self._one_at_a_time = asyncio.Lock()
        self._rest_until = 0.0

    async def sid(self, name: str) -> str | None:
        """The id of the content `name`, created if need be; None where Twilio will not have it now."""
        return await self._store.get(name) or await self.renew(name, stale=None)

    async def renew(self, name: str, stale: str | None) -> str | None:
        """Another id than `stale`, which Twilio no longer knows; None where there is none to be had."""
        async with self._one_at_a_time:
            known = await self._store.get(name)
            if known and known != stale:
                return known
            if time.monotonic() < self._rest_until:
                return None
            try:
                sid = await self._api.find_content(name) or await self._api.create_content(DEFINITIONS[name])
            except ChannelError as error:
                self._rest_until = time.monotonic() + REST
                log.warning("whatsapp.content_refused", content=name, code=error.code)
                return None
            await self._store.put(name, sid)
            return sid
