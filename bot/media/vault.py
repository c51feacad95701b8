"""Files at rest: encrypted with a key made from SIAGA_SECRET_KEY, each bound to its name."""

import asyncio

from bot.media.stores import Store
from bot.storage.sealing import Sealer


class Vault:
    """Keeps files in a store that cannot read them.

    A file is held in memory whole, sealed and unsealed: some 40 MB for the largest. Whoever calls decides how many
    at a time.
    """

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file. Raises `StoreAway`."""
        await self._store.put(name, await asyncio.to_thread(self._sealer.seal_bytes, content, name))

    async def get(self, name: str) -> bytes:
        """The file of that name.

        Raises:
            StoreAway, Missing: the store does not give it.
            Unreadable: it was changed or exchanged, or SIAGA_SECRET_KEY is another one.
        """
        return await asyncio.to_thread(self._sealer.open_bytes, await self._store.get(name), name)

    async def delete(self, name: str) -> None:
        """Delete the file, if there is one. Raises `StoreAway`."""
        await self._store.delete(name)
