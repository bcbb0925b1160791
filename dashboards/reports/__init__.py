"""Reports on a stretch of the past, complete in themselves: HTML, JSON, a short mail. Nothing here writes."""
