"""English for the rules planner: word lists, word forms, fixed phrases and a noun phrase chunker."""
