"""What changed in a model's week against its baseline: pure judgement over rows, for the weekly report.

`rows` are a sample of events as columns, `worth` says how much dependent rows tell, `changes` compares, `segments`
looks at parts of the traffic, `outcomes` at how right the model was or may have been.
"""
