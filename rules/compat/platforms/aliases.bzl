"""aliases(): targets of one package under the same names in another."""

def aliases(package, names):
    """Declares an alias per name.

    Args:
      package: where the targets are: "@cow//platforms/os".
      names: their names.
    """
    for name in names:
        native.alias(
            name = name,
            actual = "%s:%s" % (package, name),
        )
