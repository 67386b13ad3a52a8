"""cc_test."""

load("@cow//cc:defs.cow", _cc_test = "cc_test")

cc_test = _cc_test
