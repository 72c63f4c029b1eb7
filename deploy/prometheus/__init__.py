"""Prometheus of a one-machine stack: what it reads, its rules, and a page about its alerts."""
