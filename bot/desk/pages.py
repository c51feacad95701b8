"""Templates into pages, in the agent's language and on the right clock."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.config import HOME_ZONE
from bot.desk import showing
from bot.desk.context import BASE, Desk
from bot.desk.static_files import StaticFiles
from bot.reading.numbers import mask
from bot.storage.tables import Agent, Role
from bot.texts import Texts, load_texts, zone_name

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "siaga_language"


class Pages:
    """Renders templates."""

    def __init__(self, desk: Desk, files: StaticFiles) -> None:
        self._desk = desk
        self.words: Texts = load_texts(HERE / "words")
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"talk": showing.talk, "mask": mask, "iso": datetime.isoformat}
        self._environment.globals |= {"base": BASE, "static": files.url, "fresh_key": lambda: uuid4().hex}

    def language(self, request: Request) -> str:
        """The language that was chosen now or before, else Indonesian."""
        chosen = self.chosen_language(request) or request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in self.words.languages else self.words.languages[0]

    def chosen_language(self, request: Request) -> str | None:
        """The language that this very request switches to."""
        asked = request.query_params.get("lang")
        return asked if asked in self.words.languages else None

    def say(self, request: Request, key: str, /, **values: object) -> str:
        """One of the desk's own sentences."""
        return self.words.say(key, self.language(request), values)

    def render(
        self, request: Request, template: str, values: Mapping[str, Any] | None = None, status: int = 200
    ) -> HTMLResponse:
        """A page, or a part of one."""
        shown = self._environment.get_template(template).render(self._common(request) | dict(values or {}))
        return HTMLResponse(shown, status, headers={"Vary": "HX-Request, Cookie"})

    def error(self, request: Request, status: int, key: str) -> HTMLResponse:
        """A page that says what to do, and never shows data. `key` has a title and a text beside it."""
        values = {"status": status, "key": key}
        return self.render(request, "error.html", values, status)

    def _common(self, request: Request) -> dict[str, Any]:
        language = self.language(request)
        agent: Agent | None = request.state.visit.agent if request.state.visit else None
        now = self._desk.clock()
        zone = self._desk.zone_of(agent) if agent else HOME_ZONE
        return {
            "t": partial(_say, self.words, language),
            "known": lambda key: key in self.words.keys,
            "lang": language,
            "languages": self.words.languages,
            "in_language": partial(_in_language, request),
            "agent": agent,
            "leads": agent is not None and agent.role is not Role.AGENT,
            "to_review": request.state.to_review,
            "csrf": Markup('<input type="hidden" name="csrf" value="{}">').format(request.state.form_secret),
            "now": now,
            "zone": zone,
            "moment": partial(showing.moment, now=now, language=language),
            "in_full": partial(showing.in_full, language=language),
            "size": partial(showing.size, language=language),
            "span": self._spans(language),
            "zone_short": lambda zone: zone_name(now.astimezone(zone)),
            "done": _done(request),
        }

    def _spans(self, language: str) -> Callable[[timedelta], str]:
        def said(length: timedelta) -> str:
            return " ".join(
                self.words.say(f"span.{unit}", language, {"n": number})
                for number, unit in showing.span(length)
            )

        return said


def _say(words: Texts, language: str, key: str, /, **values: object) -> str:
    return words.say(key, language, values)


def _done(request: Request) -> str:
    """What was just done, as the address of the page after it says; only ever used as a key."""
    return request.query_params.get("done", "")


def _in_language(request: Request, language: str) -> str:
    """The address of this page in another language; of the inbox where this page has none."""
    if request.method != "GET":
        return f"{BASE}?lang={language}"
    kept = [item for item in request.query_params.multi_items() if item[0] not in ("lang", "done")]
    return f"{request.url.path}?{urlencode([*kept, ('lang', language)])}"
