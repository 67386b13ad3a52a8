"""java_library."""

load("@cow//foreign:defs.cow", _java_library = "java_library")

java_library = _java_library
