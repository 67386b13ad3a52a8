"""java_toolchain."""

load("@cow//foreign:defs.cow", _java_toolchain = "java_toolchain")

java_toolchain = _java_toolchain
