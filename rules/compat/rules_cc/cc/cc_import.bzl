"""cc_import."""

load("@cow//cc:defs.cow", _cc_import = "cc_import")

cc_import = _cc_import
