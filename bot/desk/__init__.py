"""The desk: the web pages where agents work the cases of every channel. Hypertext first; scripts only add to it."""

from bot.desk.context import Desk
from bot.desk.site import router

__all__ = ["Desk", "router"]
