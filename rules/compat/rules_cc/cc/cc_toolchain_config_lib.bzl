"""Constructors for descriptions of C++ toolchains: each gives a struct of what it was told."""

# buildifier: disable=function-docstring
def action_config(action_name, enabled = False, tools = [], flag_sets = [], implies = []):
    return struct(
        action_name = action_name,
        enabled = enabled,
        tools = tools,
        flag_sets = flag_sets,
        implies = implies,
        type_name = "actionconfig",
    )

# buildifier: disable=function-docstring
def artifact_name_pattern(category_name, prefix, extension):
    return struct(
        category_name = category_name,
        prefix = prefix,
        extension = extension,
        type_name = "artifactnamepattern",
    )

# buildifier: disable=function-docstring
def env_entry(key, value, expand_if_available = None):
    return struct(
        key = key,
        value = value,
        expand_if_available = expand_if_available,
        type_name = "enventry",
    )

# buildifier: disable=function-docstring
def env_set(actions, env_entries = [], with_features = []):
    return struct(
        actions = actions,
        env_entries = env_entries,
        with_features = with_features,
        type_name = "envset",
    )

# buildifier: disable=function-docstring
def feature(name, enabled = False, flag_sets = [], env_sets = [], requires = [], implies = [], provides = []):
    return struct(
        name = name,
        enabled = enabled,
        flag_sets = flag_sets,
        env_sets = env_sets,
        requires = requires,
        implies = implies,
        provides = provides,
        type_name = "feature",
    )

# buildifier: disable=function-docstring
def feature_set(features = []):
    return struct(
        features = features,
        type_name = "featureset",
    )

# buildifier: disable=function-docstring
def flag_group(flags = [], flag_groups = [], iterate_over = None, expand_if_available = None, expand_if_not_available = None, expand_if_true = None, expand_if_false = None, expand_if_equal = None):
    return struct(
        flags = flags,
        flag_groups = flag_groups,
        iterate_over = iterate_over,
        expand_if_available = expand_if_available,
        expand_if_not_available = expand_if_not_available,
        expand_if_true = expand_if_true,
        expand_if_false = expand_if_false,
        expand_if_equal = expand_if_equal,
        type_name = "flaggroup",
    )

# buildifier: disable=function-docstring
def flag_set(actions = [], with_features = [], flag_groups = []):
    return struct(
        actions = actions,
        with_features = with_features,
        flag_groups = flag_groups,
        type_name = "flagset",
    )

# buildifier: disable=function-docstring
def make_variable(name, value):
    return struct(
        name = name,
        value = value,
        type_name = "makevariable",
    )

# buildifier: disable=function-docstring
def tool(path = None, with_features = [], execution_requirements = [], tool = None):
    return struct(
        path = path,
        with_features = with_features,
        execution_requirements = execution_requirements,
        tool = tool,
        type_name = "tool",
    )

# buildifier: disable=function-docstring
def tool_path(name, path):
    return struct(
        name = name,
        path = path,
        type_name = "toolpath",
    )

# buildifier: disable=function-docstring
def variable_with_value(name, value):
    return struct(
        name = name,
        value = value,
        type_name = "variablewithvalue",
    )

# buildifier: disable=function-docstring
def with_feature_set(features = [], not_features = []):
    return struct(
        features = features,
        not_features = not_features,
        type_name = "withfeatureset",
    )
