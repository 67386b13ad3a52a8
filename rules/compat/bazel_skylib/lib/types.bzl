"""types: ask what a value is."""

def _is_list(v):
    return type(v) == type([])

def _is_string(v):
    return type(v) == type("")

def _is_bool(v):
    return type(v) == type(True)

def _is_none(v):
    return type(v) == type(None)

def _is_int(v):
    return type(v) == type(1)

def _is_tuple(v):
    return type(v) == type(())

def _is_dict(v):
    return type(v) == type({})

def _is_function(v):
    return type(v) in (type(_is_dict), type(len))

def _is_depset(v):
    return type(v) == type(depset())

def _is_set(v):
    """Whether it is a set of new_sets.bzl."""
    return type(v) == type(struct()) and hasattr(v, "_values") and _is_dict(v._values)

types = struct(
    is_bool = _is_bool,
    is_depset = _is_depset,
    is_dict = _is_dict,
    is_function = _is_function,
    is_int = _is_int,
    is_list = _is_list,
    is_none = _is_none,
    is_set = _is_set,
    is_string = _is_string,
    is_tuple = _is_tuple,
)
