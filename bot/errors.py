"""Errors that carry a decision: what the person reads, and whether trying again makes sense."""

from typing import ClassVar


class SiagaError(Exception):
    """Anything that SIAGA itself raises."""

    said: ClassVar[str] = "error.general"
    """Key of the text that the participant or the agent reads."""


class Forged(SiagaError):
    """A webhook's signature or secret is wrong: answer 403 and store nothing."""


class BadPayload(SiagaError):
    """A webhook's body is not the provider's form: answer 400 and log no content."""


class ConfigurationError(SiagaError):
    """A mistake in config/ or in the settings; the message says where, what was found and what is expected."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class ChannelError(SiagaError):
    """A provider did not take a message.

    Args:
        code: the provider's own code, ``http_503``, ``timeout``.
        retry: whether the same message may be tried again.
        after: seconds to wait at least, where the provider said so.
        unreachable: whether the address takes nothing any more (blocked, no such account).
        unknown: whether the provider may have accepted the message all the same.
    """

    def __init__(
        self,
        code: str,
        *,
        retry: bool = False,
        after: float | None = None,
        unreachable: bool = False,
        unknown: bool = False,
    ) -> None:
        self.code = code
        self.retry = retry
        self.after = after
        self.unreachable = unreachable
        self.unknown = unknown
        super().__init__(code)
