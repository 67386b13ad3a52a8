"""What WORKSPACE files call; there is nothing to set up."""

def rules_shell_dependencies():
    """Declares nothing."""

def rules_shell_toolchains():
    """Registers nothing: cow uses the shell of the machine."""
