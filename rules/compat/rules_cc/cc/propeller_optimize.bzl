"""propeller_optimize."""

load("@cow//foreign:defs.cow", _propeller_optimize = "propeller_optimize")

propeller_optimize = _propeller_optimize
