"""shell: text for Bourne shells."""

def _quote(s):
    """The text as one word."""
    return "'" + s.replace("'", "'\\''") + "'"

def _array_literal(iterable):
    """The elements as a bash array."""
    return "(" + " ".join([_quote(str(element)) for element in iterable]) + ")"

shell = struct(
    array_literal = _array_literal,
    quote = _quote,
)
