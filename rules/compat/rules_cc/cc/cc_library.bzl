"""cc_library."""

load("@cow//cc:defs.cow", _cc_library = "cc_library")

cc_library = _cc_library
