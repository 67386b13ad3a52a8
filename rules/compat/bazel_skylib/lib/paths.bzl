"""paths: work with Unix paths as text."""

def _is_absolute(path):
    return path.startswith("/") or (len(path) > 2 and path[1] == ":")

def _basename(p):
    return p.rpartition("/")[2]

def _dirname(p):
    directory, slash, _ = p.rpartition("/")
    if not slash:
        return ""

    # Slashes alone are the root; others at the end say nothing.
    return directory.rstrip("/") or directory + slash

def _join(path, *others):
    result = path
    for path in others:
        if _is_absolute(path):
            result = path
        elif not result or result.endswith("/"):
            result += path
        else:
            result += "/" + path
    return result

def _normalize(path):
    if not path:
        return "."

    # Exactly two slashes in front may mean something to the system; any other number is one.
    root = "//" if path.startswith("//") and not path.startswith("///") else ("/" if path.startswith("/") else "")
    parts = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if parts and parts[-1] != "..":
                parts.pop()
            elif not root:
                parts.append(part)
        else:
            parts.append(part)
    return root + "/".join(parts) or "."

def _is_normalized(str, look_for_same_level_references = True):
    for part in str.split("/"):
        if part == ".." or (part == "." and look_for_same_level_references):
            return False
    return True

def _is_below(path, start):
    return start == "." or path == start or path.startswith(start.removesuffix("/") + "/")

def _relativize(path, start):
    path = _normalize(path)
    start = _normalize(start)
    if path == start:
        return "."
    if start == ".." or start.startswith("../") or not _is_below(path, start) or (start == "." and (path == ".." or path.startswith(("../", "/")))):
        fail("Path '%s' is not beneath '%s'" % (path, start))
    return path if start == "." else path[len(start.removesuffix("/")) + 1:]

def _starts_with(path_a, path_b):
    """Whether path_a lies at or below path_b."""
    a = _normalize(path_a)
    b = _normalize(path_b)
    return not b or b == "." or a == b or a.startswith(b.removesuffix("/") + "/")

def _split_extension(p):
    base = _basename(p)
    stem, dot, extension = base.rpartition(".")

    # Dots in front do not begin an extension.
    if not stem.lstrip("."):
        return (p, "")
    return (p[:len(p) - len(extension) - len(dot)], dot + extension)

def _replace_extension(p, new_extension):
    return _split_extension(p)[0] + new_extension

paths = struct(
    basename = _basename,
    dirname = _dirname,
    is_absolute = _is_absolute,
    is_normalized = _is_normalized,
    join = _join,
    normalize = _normalize,
    relativize = _relativize,
    replace_extension = _replace_extension,
    split_extension = _split_extension,
    starts_with = _starts_with,
)
