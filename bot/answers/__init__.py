"""Answers to frequent questions: found by what people write, and how well they helped."""
