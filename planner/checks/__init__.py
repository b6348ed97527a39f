"""Is a plan good? `checks.py` says what is wrong, `claims.py` what was asked for, `repair.py` mends what is safe."""

from planner.checks.checks import can_generate, check_plan

__all__ = ["can_generate", "check_plan"]
