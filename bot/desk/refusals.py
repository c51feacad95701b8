"""What the desk says no to: each with its status and the words that tell what to do now."""

from typing import ClassVar

from bot.errors import SiagaError


class Refused(SiagaError):
    """A request that is answered by an error page; `said` is a key of the desk's words."""

    status: ClassVar[int] = 400
    said: ClassVar[str] = "error.bad_request"


class NotFound(Refused):
    """There is no such thing, or not for this agent: the two look the same."""

    status = 404
    said = "error.not_found"


class Forbidden(Refused):
    """Their role does not allow it."""

    status = 403
    said = "error.forbidden"


class StaleForm(Refused):
    """A form without the secret of its session: from another site, or from before the last sign-in."""

    status = 403
    said = "error.stale_form"


class TooLarge(Refused):
    """A form with more in it than anybody writes."""

    status = 413
    said = "error.too_large"


class FileTooLarge(TooLarge):
    """A file that is larger than any channel takes: nothing of it was read."""

    said = "error.file_too_large"
