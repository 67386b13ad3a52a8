"""What WORKSPACE files call; there is nothing to set up."""

def py_repositories():
    """Declares nothing: cow uses the Python of the machine."""
