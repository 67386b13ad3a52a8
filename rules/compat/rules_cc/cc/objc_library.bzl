"""objc_library."""

load("@cow//foreign:defs.cow", _objc_library = "objc_library")

objc_library = _objc_library
