"""cc_common."""

load("@cow//cc:defs.cow", _cc_common = "cc_common")

cc_common = _cc_common
