"""Twilio's content objects by name."""


class Contents(dict[str, str]):
    """A content store in memory."""

    async def get(self, friendly_name: str) -> str | None:  # type: ignore[override]
        return dict.get(self, friendly_name)

    async def put(self, friendly_name: str, sid: str) -> None:
        self[friendly_name] = sid
