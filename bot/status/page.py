"""/status as people read it, in Indonesian or English."""

from datetime import time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.config import HOME_ZONE, Config, Contact
from bot.notices.standing import State
from bot.status.picture import Picture, Shown, branches_of
from bot.storage.tables import Notice
from bot.texts import load_texts

_HERE = Path(__file__).parent


class Pages:
    """Puts the picture into words."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._words = load_texts(_HERE / "words")
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def status(self, picture: Picture, language: str) -> str:
        """The whole page."""
        affected = [component for component in picture.components if component.notices]
        as_of = picture.as_of.astimezone(HOME_ZONE)
        return self._render("status.html", language, picture=picture, affected=affected, as_of=as_of)

    def away(self, language: str) -> str:
        """The page when nothing is known."""
        return self._render("away.html", language)

    def say(self, language: str, key: str, **values: object) -> str:
        """A sentence of the page."""
        return self._words.say(key, language, values)

    def spoken(self, language: str) -> str:
        """The language that is answered in: Indonesian unless there are words for the one asked for."""
        return language if language in self._words.languages else self._words.languages[0]

    def lines(self, language: str, shown: Shown) -> list[str]:
        """What there is to say of a notice: where, since and until when, why, what to do."""
        notice, say = shown.notice, partial(self.say, language)
        zone = self._config.zone_of_scope(notice.scope)
        begun = "from" if shown.state is State.PLANNED else "since"
        lines = [say("where", places=self.places(language, notice))]
        if notice.affects:
            lines.append(say("affects", systems=self._systems(language, notice)))
        lines.append(say(begun, at=notice.starts_at.astimezone(zone)))
        lines.append(self._end(language, shown))
        lines += [say("cause", cause=notice.cause), say("guidance", guidance=notice.guidance)]
        lines += [say("replacement", office=self._office(notice))]
        lines += [say("alternatives", channels=self._channels(language, notice))]
        return [line for line in lines if line]

    def places(self, language: str, notice: Notice) -> list[str]:
        """Where a notice is in force, by name."""
        scope = notice.scope
        if scope.get("national"):
            return [self.say(language, "scope.national")]
        branches = self._config.branches
        named = [branches[code].name if code in branches else code for code in scope.get("branches", ())]
        return [*scope.get("provinces", ()), *named]

    def news(self, language: str, shown: Shown) -> list[str]:
        """The newest that became known; nothing where there is none."""
        if shown.update is None:
            return []
        at = shown.update.at.astimezone(self._config.zone_of_scope(shown.notice.scope))
        label = self.say(language, "update.label", at=at)
        return [f"{label}: {self.say(language, f'update.{shown.update.status}')}", shown.update.body]

    def _end(self, language: str, shown: Shown) -> str:
        if shown.notice.ends_at is None:
            return self.say(language, "open_end")
        at = shown.notice.ends_at.astimezone(self._config.zone_of_scope(shown.notice.scope))
        if shown.state is State.OVER:
            return self.say(language, "ended", at=at)
        if at.time() == time():  # at midnight: the date that people read has to be the last day
            return self.say(language, "until_day", day=at.date() - timedelta(days=1))
        return self.say(language, "until", at=at)

    def _systems(self, language: str, notice: Notice) -> list[str]:
        systems = self._config.systems
        return [systems[code].name.text(language) if code in systems else code for code in notice.affects]

    def _office(self, notice: Notice) -> str:
        office = self._config.branches.get(notice.replacement_office or "")
        return f"{office.name}, {office.address}" if office else ""

    def _channels(self, language: str, notice: Notice) -> list[str]:
        known = [self._config.contacts[code] for code in notice.alternatives if code in self._config.contacts]
        return [self._channel(language, notice, contact) for contact in known]

    def _channel(self, language: str, notice: Notice, contact: Contact) -> str:
        """Its name, and how to reach it; the branch's own WhatsApp has another number in every branch."""
        reached = contact.value.text(language)
        if contact.code == "whatsapp":
            branches = branches_of(self._config, notice)
            reached = (branches[0].whatsapp or "") if len(branches) == 1 else ""
        return contact.name.text(language) + (f" ({reached})" if reached else "")

    def _render(self, template: str, language: str, **values: Any) -> str:
        spoken = self.spoken(language)
        bound = {name: partial(getattr(self, name), spoken) for name in ("say", "lines", "places", "news")}
        other = "en" if spoken == "id" else "id"
        return self._templates.get_template(template).render(language=spoken, other=other, **bound, **values)
