"""The public status page: what is closed, down or planned, for everybody and without a login."""

from bot.status.routes import Status, router

__all__ = ["Status", "router"]
