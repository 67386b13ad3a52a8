"""The C++ toolchain, for rules."""

load(
    "@rules_cc//cc:find_cc_toolchain.bzl",
    _CC_TOOLCHAIN_TYPE = "CC_TOOLCHAIN_TYPE",
    _find_cpp_toolchain = "find_cpp_toolchain",
    _use_cpp_toolchain = "use_cpp_toolchain",
)

CPP_TOOLCHAIN_TYPE = _CC_TOOLCHAIN_TYPE
find_cpp_toolchain = _find_cpp_toolchain
use_cpp_toolchain = _use_cpp_toolchain
