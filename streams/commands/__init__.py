"""One module per sub-command of `mirqab`; the module's name is the command's, with `-` for `_`.

Each has `HELP` (one line), `arguments(parser)` and `run(args, settings) -> int` (the exit code). Commands of other
packages join through the entry-point group `mirqab.commands`.
"""
