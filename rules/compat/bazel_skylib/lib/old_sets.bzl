"""sets: set operations on lists and depsets, as they were before new_sets.bzl."""

def _elements(of):
    return of.to_list() if type(of) == "depset" else list(of)

def _is_subset(a, b):
    return all([element in _elements(b) for element in _elements(a)])

def _intersection(a, b):
    return depset([element for element in _elements(a) if element in _elements(b)])

def _union(*args):
    return depset([element for one in args for element in _elements(one)])

def _difference(a, b):
    return depset([element for element in _elements(a) if element not in _elements(b)])

def _is_equal(a, b):
    return _is_subset(a, b) and _is_subset(b, a)

def _disjoint(a, b):
    return not _intersection(a, b).to_list()

sets = struct(
    difference = _difference,
    disjoint = _disjoint,
    intersection = _intersection,
    is_equal = _is_equal,
    is_subset = _is_subset,
    union = _union,
)
