"""cc_shared_library."""

load("@cow//cc:defs.cow", _cc_shared_library = "cc_shared_library")

cc_shared_library = _cc_shared_library
