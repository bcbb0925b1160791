"""A bank in miniature: three real models, their callers, and the trouble they get into.

The demo writes plain log records and knows nothing of the line that judges them.
"""
