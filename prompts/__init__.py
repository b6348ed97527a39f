"""Templates, examples and the plan schema: data files, found by their path beside this one."""
