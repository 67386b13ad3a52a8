"""partial: functions with some of their arguments."""

def _make(func, *args, **kwargs):
    return struct(function = func, args = args, kwargs = kwargs)

def _call(partial, *args, **kwargs):
    """Calls it with these arguments after those it has; of two with one name the new one counts."""
    named = dict(partial.kwargs)
    named.update(kwargs)
    return partial.function(*(partial.args + args), **named)

def _is_instance(v):
    return type(v) == type(struct()) and hasattr(v, "function") and hasattr(v, "args") and hasattr(v, "kwargs")

partial = struct(
    call = _call,
    is_instance = _is_instance,
    make = _make,
)
