"""The desk on a real port, and a real browser."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Error, async_playwright

from tests.desk.scene import Scene

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@asynccontextmanager
async def serving(scene: Scene) -> AsyncIterator[str]:
    """The address at which the scene's desk answers."""
    async with answering(scene.app) as url:
        try:
            yield url
        finally:
            scene.desk.stopping.set()


@asynccontextmanager
async def answering(app: FastAPI) -> AsyncIterator[str]:
    """The address at which an application answers, in this process."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.capture_signals = nullcontext  # type: ignore[method-assign]
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, else Playwright's own; without either the test is skipped."""
    async with async_playwright() as playwright:
        path = (
            os.environ.get("SIAGA_TEST_CHROMIUM")
            or shutil.which("chromium")
            or shutil.which("chromium-browser")
        )
        try:
            browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            pytest.skip(
                f"no Chromium, neither the system's nor Playwright's: {error.message.splitlines()[0]}"
            )
        try:
            yield browser
        finally:
            await browser.close()
