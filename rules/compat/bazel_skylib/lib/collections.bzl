"""collections: work with lists."""

def _after_each(separator, iterable):
    """[a, b] to [a, separator, b, separator]."""
    return [element for item in iterable for element in (item, separator)]

def _before_each(separator, iterable):
    """[a, b] to [separator, a, separator, b]."""
    return [element for item in iterable for element in (separator, item)]

def _uniq(iterable):
    """The elements, each once, where it stood first."""
    return {element: None for element in iterable}.keys()

collections = struct(
    after_each = _after_each,
    before_each = _before_each,
    uniq = _uniq,
)
