"""How the adapter for the small local model was made: sentences with known scenes, and the training."""
