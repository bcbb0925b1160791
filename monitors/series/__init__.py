"""How unusual is each value of a plain series of numbers? One configuration for all series, strictly in order.

 novelty  distance of what came last to the most similar moments before
 rarity   a distance against all earlier distances of its kind, as decades of a tail probability
 bar      how rare a detection must be, given how many there were lately
 scorer   puts them together: `SeriesScorer().update(value)` is a score in [0, 1]; 0.5 and above is a detection

Nothing here looks at timestamps, nothing looks ahead, nothing is chosen per series.
"""
