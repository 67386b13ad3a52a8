"""cc_toolchain_alias."""

load("@cow//foreign:defs.cow", _cc_toolchain_alias = "cc_toolchain_alias")

cc_toolchain_alias = _cc_toolchain_alias
