"""/status.json: the same for programs."""

from typing import Any

import orjson

from bot.config import Config
from bot.notices.standing import State
from bot.status.picture import Component, Picture, Shown, branches_of

_MEMBERS = (
    "id",
    "kind",
    "title",
    "body",
    "scope",
    "affects",
    "starts_at",
    "ends_at",
    "cause",
    "guidance",
    "replacement_office",
    "alternatives",
)


def plain(config: Config, picture: Picture) -> bytes:
    """The picture as JSON, times in UTC."""
    said = {
        "as_of": picture.as_of,
        "components": [_component(config, component) for component in picture.components],
    } | {state.value: [_notice(item) for item in picture.those(state)] for state in State}
    return orjson.dumps(said, option=orjson.OPT_UTC_Z)


def _component(config: Config, component: Component) -> dict[str, Any]:
    notices = [item.notice for item in component.notices]
    affected = {branch.code for notice in notices for branch in branches_of(config, notice)}
    return {
        "code": component.system.code,
        "name": {"id": component.system.name.id, "en": component.system.name.en},
        "affected": bool(notices),
        "branches": [code for code in config.branches if code in affected],
        "notices": [notice.id for notice in notices],
    }


def _notice(shown: Shown) -> dict[str, Any]:
    update = shown.update
    latest = {"status": update.status, "body": update.body, "at": update.at} if update else None
    return {name: getattr(shown.notice, name) for name in _MEMBERS} | {"latest_update": latest}
