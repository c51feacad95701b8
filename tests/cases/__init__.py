"""Tests of bot.cases."""
