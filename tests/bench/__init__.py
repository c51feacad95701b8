"""Benchmarks: run by hand or by `make bench`, never as a test, since a shared machine decides the figures."""
