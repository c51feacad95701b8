"""REST v1: notices and cases for other programs. A bearer token acts as an agent of its own."""

from bot.api.access import Api
from bot.api.problems import problem_handlers
from bot.api.routes import router

__all__ = ["Api", "problem_handlers", "router"]
