"""The demo: everything on this machine, with sample data."""

from bot.demo.running import demo_settings, run

__all__ = ["demo_settings", "run"]
