-- What is in one baseline?
SELECT content FROM baselines_now WHERE id = {id:String} LIMIT 1
