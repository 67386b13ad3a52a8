"""What WORKSPACE files call; there is nothing to set up."""

def rules_proto_dependencies():
    """Declares nothing."""

def rules_proto_toolchains():
    """Registers nothing."""
