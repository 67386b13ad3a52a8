"""java_import."""

load("@cow//foreign:defs.cow", _java_import = "java_import")

java_import = _java_import
