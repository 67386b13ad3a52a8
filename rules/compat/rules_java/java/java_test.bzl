"""java_test."""

load("@cow//foreign:defs.cow", _java_test = "java_test")

java_test = _java_test
