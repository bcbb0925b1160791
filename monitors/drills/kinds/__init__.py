"""Kinds of drills, one module each; `monitors.drills` says what a module holds."""
