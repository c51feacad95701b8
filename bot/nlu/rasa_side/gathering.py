"""Requests that come within a few milliseconds of each other go through the model together."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

Answer = TypeVar("Answer")


class Model(Protocol[Answer]):
    """Answers many texts at once."""

    def parse(self, texts: list[str]) -> list[Answer]:
        """One answer a text, in the same order."""
        ...


class Gathering(Generic[Answer]):
    """Answers texts one by one on the outside, in batches on the inside.

    While the model works on one batch the next one gathers, so batches are as large as there is work and a lone
    request waits for `moment` only. The model may be changed at any time: a batch that it has begun is finished.

    Args:
        model: used by one thread at a time.
        moment: seconds that the first of a batch waits for others.
        most: texts of a batch.
    """

    def __init__(self, model: Model[Answer], *, moment: float = 0.002, most: int = 64) -> None:
        self.model = model
        self._moment = moment
        self._most = most
        self._waiting: deque[tuple[str, asyncio.Future[Answer]]] = deque()
        self._work: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "model")

    async def answer(self, text: str) -> Answer:
        """The model's answer to a text.

        Raises:
            Exception: what the model raised for this very text.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, future))
        if self._work is None:
            self._work = asyncio.create_task(self._serve())
        return await future

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)

    async def _serve(self) -> None:
        """Work until nothing waits."""
        await asyncio.sleep(self._moment)
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
            await self._answer_all([one for one in batch if not one[1].done()])  # a caller may have gone
        self._work = None

    async def _answer_all(self, batch: list[tuple[str, asyncio.Future[Answer]]]) -> None:
        """Answer a batch; one text that the model fails on spoils no other one's answer."""
        texts = [text for text, _ in batch]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(self._thread, self.model.parse, texts)
            answered = list(zip(batch, answers, strict=True))
        except Exception as error:
            if len(batch) == 1 and not batch[0][1].done():
                batch[0][1].set_exception(error)
            for one in batch if len(batch) > 1 else []:
                await self._answer_all([one])
            return
        for (_, future), answer in answered:
            if not future.done():
                future.set_result(answer)
