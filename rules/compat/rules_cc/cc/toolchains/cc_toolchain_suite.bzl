"""cc_toolchain_suite."""

load("@cow//foreign:defs.cow", _cc_toolchain_suite = "cc_toolchain_suite")

cc_toolchain_suite = _cc_toolchain_suite
