"""CcInfo."""

load("@cow//cc:defs.cow", _CcInfo = "CcInfo")

CcInfo = _CcInfo
