"""cc_binary."""

load("@cow//cc:defs.cow", _cc_binary = "cc_binary")

cc_binary = _cc_binary
