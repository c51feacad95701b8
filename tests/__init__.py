"""Tests, in the same tree as `bot`."""
