"""Is a plan good? `checks.py` says what is wrong and `repair.py` puts right what is safe.

`claims.py` holds a plan against given counts and relations, `contradictions.py` against its sentence, of which
`sureness.py` says what is sure. Which thing a name or a prompt means is said by `names.py`.
"""

from planner.checks.checks import can_generate, check_plan

__all__ = ["can_generate", "check_plan"]
