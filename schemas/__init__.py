"""Nouns: what a thing is. No I/O beyond packaged files, no clock, no network."""
