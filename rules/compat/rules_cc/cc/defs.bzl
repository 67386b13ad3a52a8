"""The rules of C and C++, as projects load them: cow's own."""

load(
    "@cow//cc:defs.cow",
    _CcInfo = "CcInfo",
    _CcSharedLibraryInfo = "CcSharedLibraryInfo",
    _CcToolchainConfigInfo = "CcToolchainConfigInfo",
    _cc_binary = "cc_binary",
    _cc_common = "cc_common",
    _cc_import = "cc_import",
    _cc_library = "cc_library",
    _cc_shared_library = "cc_shared_library",
    _cc_test = "cc_test",
)
load(
    "@cow//foreign:defs.cow",
    _cc_toolchain = "cc_toolchain",
    _cc_toolchain_suite = "cc_toolchain_suite",
    _fdo_prefetch_hints = "fdo_prefetch_hints",
    _fdo_profile = "fdo_profile",
    _objc_import = "objc_import",
    _objc_library = "objc_library",
)
load("@cow//proto:defs.cow", _cc_proto_library = "cc_proto_library")

CcInfo = _CcInfo
CcSharedLibraryInfo = _CcSharedLibraryInfo
CcToolchainConfigInfo = _CcToolchainConfigInfo
cc_binary = _cc_binary
cc_common = _cc_common
cc_import = _cc_import
cc_library = _cc_library
cc_proto_library = _cc_proto_library
cc_shared_library = _cc_shared_library
cc_test = _cc_test
cc_toolchain = _cc_toolchain
cc_toolchain_suite = _cc_toolchain_suite
fdo_prefetch_hints = _fdo_prefetch_hints
fdo_profile = _fdo_profile
objc_import = _objc_import
objc_library = _objc_library
