"""The channels that participants can turn to, when each of them works, and what for: contacts.yml."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bot.config.values import DAYS, Code, Part, Sourced, Translated, Week, Zone


class Opening(Week):
    """When a channel can be used: ``always``, or hours by weekday, never on holidays."""

    always: bool = False
    zone: Zone | None = None
    """None: the zone of the participant's branch ("local time")."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, written: Any) -> Any:
        if written == "always":
            return {"always": True}
        if isinstance(written, str):
            raise ValueError('expected always, or hours by weekday such as mon: "08:00-15:00"')
        return written

    @model_validator(mode="after")
    def _some_day(self) -> Self:
        if not self.always and not any(getattr(self, day) for day in DAYS):
            raise ValueError("expected always, or hours for at least one day")
        return self


class Contact(Sourced):
    """A channel that participants can turn to; `value` is the number, address or app as it is shown."""

    code: Code
    name: Translated
    value: Translated
    what_for: Translated
    open: Opening | None = None
    """When it answers at all."""
    staffed: Opening | None = None
    """When people answer, where it otherwise answers by itself."""
    hours: Translated | None = None
    """The hours in words, where no clock of ours can tell them."""
    depends_on: tuple[Code, ...] = ()
    """Systems without which it does not work."""
    called: tuple[Annotated[str, Field(min_length=3)], ...] = ()
    """Its names in answers (faq.yml): where one names it while it is down, that is said below the answer."""
    of_branch: Literal["phone", "whatsapp", "address"] | None = None
    """Which line of the participant's branch is shown instead of `value`."""
    serves: tuple[Code, ...] = ()
    """What it is good for, by topic."""

    @model_validator(mode="after")
    def _some_hours(self) -> Self:
        if not (self.open or self.hours or self.keeps_branch_hours):
            raise ValueError("expected open (always, or hours by weekday), or hours in words")
        return self

    @property
    def keeps_branch_hours(self) -> bool:
        """Whether it is the branch itself, with its hours, holidays and closures."""
        return self.of_branch in ("phone", "address")


class Topic(Part):
    """Something that people want done through a channel; `words` are how they call it."""

    code: Code
    name: Translated
    words: tuple[str, ...]


class Contacts(Part):
    """contacts.yml."""

    topics: tuple[Topic, ...] = ()
    contacts: tuple[Contact, ...]
