"""dicts: work with dictionaries."""

def _add(*dictionaries, **kwargs):
    """One dict of several; later ones win."""
    result = {}
    for dictionary in dictionaries:
        result.update(dictionary)
    result.update(kwargs)
    return result

def _omit(dictionary, keys):
    """The dict without some keys."""
    unwanted = {key: None for key in keys}
    return {key: dictionary[key] for key in dictionary if key not in unwanted}

def _pick(dictionary, keys, strict = True):
    """The dict of some keys only; with strict it is an error if one is absent."""
    missing = [key for key in keys if key not in dictionary]
    if strict and missing:
        fail("dicts.pick(): missing keys: " + ", ".join([str(key) for key in missing]))
    return {key: dictionary[key] for key in keys if key in dictionary}

dicts = struct(
    add = _add,
    omit = _omit,
    pick = _pick,
)
