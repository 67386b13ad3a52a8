"""CcSharedLibraryInfo."""

load("@cow//cc:defs.cow", _CcSharedLibraryInfo = "CcSharedLibraryInfo")

CcSharedLibraryInfo = _CcSharedLibraryInfo
