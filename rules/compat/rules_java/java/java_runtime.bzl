"""java_runtime."""

load("@cow//foreign:defs.cow", _java_runtime = "java_runtime")

java_runtime = _java_runtime
