"""One module per page: `PATH`, `TITLE`, and `gather(view)`, which returns what the template of the same name shows.

The app finds the modules by scanning this folder. A page asks questions and computes; it renders nothing.
"""
