"""The rules that need each other, by the names under which every reading knows them (`state.Rules`)."""

from planner.english.reading.attaching import attach
from planner.english.reading.clauses import read_clause
from planner.english.reading.fragments import complements, read_fragment

__all__ = ["attach", "complements", "read_clause", "read_fragment"]
