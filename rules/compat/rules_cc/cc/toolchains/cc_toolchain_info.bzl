"""CcToolchainInfo."""

load("@cow//cc:defs.cow", _CcToolchainInfo = "CcToolchainInfo")

CcToolchainInfo = _CcToolchainInfo
