"""The C++ toolchain, for rules."""

load("@cow//cc:defs.cow", "cc_common")

CC_TOOLCHAIN_TYPE = "@cow//cc:toolchain_type"

# Rules that look their toolchain up by attribute have this one.
CC_TOOLCHAIN_ATTRS = {
    "_cc_toolchain": attr.label(default = "@cow//cc:current_toolchain"),
}

def find_cc_toolchain(ctx, mandatory = True):
    """The CcToolchainInfo of a rule that uses a C++ toolchain.

    Args:
      ctx: the rule context.
      mandatory: whether it is an error that there is none.

    Returns:
      a CcToolchainInfo; None if there is none and none is needed.
    """
    if CC_TOOLCHAIN_TYPE in ctx.toolchains:
        toolchain = ctx.toolchains[CC_TOOLCHAIN_TYPE]
        if toolchain:
            return toolchain.cc
        if not mandatory:
            return None
        fail("no C++ toolchain for this platform")
    if hasattr(ctx.attr, "_cc_toolchain"):
        return ctx.attr._cc_toolchain[cc_common.CcToolchainInfo]
    fail("declare toolchains = use_cc_toolchain() in rule() to use find_cc_toolchain()")

def find_cpp_toolchain(ctx, mandatory = True):
    """The same under its older name."""
    return find_cc_toolchain(ctx, mandatory)

def use_cc_toolchain(mandatory = True):
    """What rule(toolchains = ...) gets."""
    return [config_common.toolchain_type(CC_TOOLCHAIN_TYPE, mandatory = mandatory)]

use_cpp_toolchain = use_cc_toolchain
