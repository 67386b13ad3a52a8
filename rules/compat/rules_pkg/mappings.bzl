"""Which files go where in a package: cow's own rules for packages are container_layer and deb_package."""

pkg_files = foreign_rule()
pkg_filegroup = foreign_rule()
pkg_mkdirs = foreign_rule()
pkg_mklink = foreign_rule()

def _from_pkg(path = ""):
    return path

strip_prefix = struct(
    files_only = lambda: ".",
    from_pkg = _from_pkg,
    from_root = lambda path = "": "/" + path,
)

def pkg_attributes(**attributes):
    """What is said of files, as a dict."""
    return attributes
