"""modules: helpers for module extensions."""

def _as_extension(macro, doc = None):
    """Nothing: cow declares repositories in WORKSPACE.cow, so the macro is called there.

    Args:
      macro: a function that declares repositories.
      doc: its description.
    """

    # buildifier: disable=unused-variable
    return None

def _use_all_repos(module_ctx, **_others):
    fail("modules.use_all_repos(): cow has no module extensions, got " + str(module_ctx))

modules = struct(
    as_extension = _as_extension,
    use_all_repos = _use_all_repos,
)
