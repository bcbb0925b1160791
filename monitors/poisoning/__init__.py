"""Labels that lie: by their source, by a range of a feature through all sources, by a planted trigger.

`watch` moves the labels of a pane through the three; nothing of what labels say of the model is decided here
(`monitors.truth`). The parts know each other only through what they explain: labels that a trigger, a range or a source
accounts for are no evidence against another.
"""
