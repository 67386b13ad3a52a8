"""cc_toolchain."""

load("@cow//foreign:defs.cow", _cc_toolchain = "cc_toolchain")

cc_toolchain = _cc_toolchain
