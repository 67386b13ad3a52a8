"""java_binary."""

load("@cow//foreign:defs.cow", _java_binary = "java_binary")

java_binary = _java_binary
