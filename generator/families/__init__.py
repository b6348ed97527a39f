"""The models that can be painted with, one family a file."""
