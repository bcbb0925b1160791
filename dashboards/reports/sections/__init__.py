"""The sections of the weekly report, one module each: PLACE orders them, `section(judged)` makes one, or None."""
