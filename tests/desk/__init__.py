"""Tests of the agents' web pages."""
