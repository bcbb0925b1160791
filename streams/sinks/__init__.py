"""Sinks: places where rows go. One module each, one public class each, all keeping the contract of `streams.store`."""
