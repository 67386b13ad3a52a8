"""Helpers of repository rules."""

def maybe(repo_rule, name, **kwargs):
    """Declares a repository unless one of that name is declared already."""
    if not native.existing_rule(name):
        repo_rule(name = name, **kwargs)
