"""What is known of a participant, line by line: the words of the copy that they get."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.people.knowing import Known, shown
from bot.retention import Kept
from bot.storage.sealing import Sealer
from bot.storage.tables import Case, ConsentGiven, Message
from bot.texts import Texts

_BOLD = re.compile(r"(?<!\*)\*(?!\*)")
"""The mark of bold letters in a chat; several in a row stand for digits that are masked."""


@dataclass(frozen=True)
class Sheet:
    """Puts it into words, in one language and on the clocks of one zone."""

    sealer: Sealer
    texts: Texts
    kept: Kept
    language: str
    zone: ZoneInfo

    def lines(self, about: Known, said: Sequence[Message], now: datetime) -> list[str]:
        """Everything, with an empty line after each part, and what was said."""
        kept = {"media": self.kept.media, "sealed": self.kept.sealed, "talks": self.kept.talks}
        parts = [
            self._facts(about, now),
            *(self._case(case) for case in about.cases),
            *(self._consent(consent) for consent in about.consents),
            self._say("privacy.kept", **{name: days or "" for name, days in kept.items()}),
            self._say("privacy.who"),
            self._say("my_data.talk"),
        ]
        told = [line for part in parts for line in (*part.splitlines(), "")]
        told += [line for one in said for line in self._line(one).splitlines()]
        return [_BOLD.sub("", line) for line in told]

    def _facts(self, about: Known, now: datetime) -> str:
        where = [shown(one, self.sealer) for one in about.addresses]
        numbers = [f"{self._say(f'my_data.number_{kind}')} {digits}" for kind, digits in about.numbers]
        return self._say(
            "my_data.known",
            at=now.astimezone(self.zone),
            name=about.name,
            addresses=[f"{self._say(f'my_data.{channel}')} {who}" for channel, who in where],
            language=self.texts.say("language.name", about.participant.language, {}),
            numbers=numbers or "",
            lines=about.lines,
            since=about.since.astimezone(self.zone),
            files=about.files,
            subscriptions=about.subscriptions,
        )

    def _case(self, case: Case) -> str:
        told = self._say(
            "my_data.case",
            number=case.number,
            kind=self._say(f"case_kind.{case.kind}"),
            status=self._say(f"case_state.{case.status}"),
            opened=case.opened_at.astimezone(self.zone),
        )
        fields = [
            f"  {name}: {value}"
            for name, value in case.fields.items()
            if isinstance(value, str) and value != case.summary
        ]
        return "\n".join([told, f"  {case.summary}", *fields])

    def _consent(self, given: ConsentGiven) -> str:
        return self._say(
            "my_data.consent",
            purpose=given.purpose,
            version=given.version,
            given=given.given_at.astimezone(self.zone),
            withdrawn=given.withdrawn_at.astimezone(self.zone) if given.withdrawn_at else "",
        )

    def _line(self, line: Message) -> str:
        return f"{line.at.astimezone(self.zone):%Y-%m-%d %H.%M} {self._say(f'my_data.by_{line.author}')}: {line.body}"

    def _say(self, key: str, **values: object) -> str:
        return self.texts.say(key, self.language, values)
