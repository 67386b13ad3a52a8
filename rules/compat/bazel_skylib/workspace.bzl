"""What WORKSPACE files call; there is nothing to set up."""

def bazel_skylib_workspace():
    """Registers nothing: the toolchains of cow are registered already."""
