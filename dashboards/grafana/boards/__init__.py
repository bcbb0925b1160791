"""One dashboard a module: `BOARD`. A file dropped here is a dashboard; nothing else has to know it."""
