"""versions: compare versions of Bazel."""

def _parse(bazel_version):
    """(major, minor, patch) of "4.2.3rc1-abc"; a version that is not a release counts as the newest."""
    number = bazel_version.partition(" ")[0].partition("-")[0]
    if not number:
        return (999999, 999999, 999999)
    parts = []
    for part in number.split("."):
        digits = ""
        for character in part.elems():
            if not character.isdigit():
                break
            digits += character
        parts.append(int(digits or "0"))
    return tuple(parts)

def _is_at_most(threshold, version):
    return _parse(version) <= _parse(threshold)

def _is_at_least(threshold, version):
    return _parse(version) >= _parse(threshold)

def _get_bazel_version():
    return native.bazel_version if hasattr(native, "bazel_version") else ""

def _check(minimum_bazel_version, maximum_bazel_version = None, bazel_version = None):
    """Fails if the version is known and outside of the range."""
    version = bazel_version or _get_bazel_version()
    if not version:
        return
    if not _is_at_least(minimum_bazel_version, version):
        fail("Bazel %s is too old: at least %s is needed" % (version, minimum_bazel_version))
    if maximum_bazel_version and not _is_at_most(maximum_bazel_version, version):
        fail("Bazel %s is too new: at most %s works" % (version, maximum_bazel_version))

versions = struct(
    check = _check,
    get = _get_bazel_version,
    is_at_least = _is_at_least,
    is_at_most = _is_at_most,
    parse = _parse,
)
