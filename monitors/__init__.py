"""Judgement: what the numbers mean. Pure: no clock, no network, no broker, no randomness without a seed."""
