"""CcToolchainConfigInfo."""

load("@cow//cc:defs.cow", _CcToolchainConfigInfo = "CcToolchainConfigInfo")

CcToolchainConfigInfo = _CcToolchainConfigInfo
