"""selects: conditions made of conditions."""

def _with_or_dict(input_dict):
    """The dict for select() in which a tuple of conditions as key stands for each of them."""
    result = {}
    for key, value in input_dict.items():
        for condition in key if type(key) == "tuple" else (key,):
            if condition in result:
                fail("selects.with_or(): the condition '%s' stands there twice" % condition)
            result[condition] = value
    return result

def _with_or(input_dict, no_match_error = ""):
    """select() that takes tuples of conditions as keys."""
    return select(_with_or_dict(input_dict), no_match_error = no_match_error)

def _chain(name, conditions, visibility, stop_if_true):
    # Each step is an alias: to the next step, or to the condition if its answer is already that of the group.
    for index, condition in enumerate(conditions):
        last = index == len(conditions) - 1
        following = condition if last else "%s_%d" % (name, index + 1)
        native.alias(
            name = name if index == 0 else "%s_%d" % (name, index),
            actual = select({
                condition: condition if stop_if_true else following,
                "//conditions:default": following if stop_if_true else condition,
            }),
            visibility = visibility if index == 0 else ["//visibility:private"],
        )

def _config_setting_group(name, match_any = [], match_all = [], visibility = None):
    """A condition that holds if one of match_any, or if all of match_all hold.

    Args:
      name: of the target.
      match_any: labels of conditions.
      match_all: labels of conditions; exactly one of both lists is given.
      visibility: of the target.
    """
    if bool(match_any) == bool(match_all):
        fail("config_setting_group '%s': exactly one of match_any and match_all is wanted" % name)
    _chain(name, match_any or match_all, visibility, stop_if_true = bool(match_any))

selects = struct(
    config_setting_group = _config_setting_group,
    with_or = _with_or,
    with_or_dict = _with_or_dict,
)
