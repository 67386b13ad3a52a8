"""unittest, analysistest, loadingtest and asserts: tests of Starlark code that run while targets are analysed.

A test that fails writes a script that prints why and exits with 1: it fails when it runs, not while it is analysed.
"""

load(":new_sets.bzl", "sets")
load(":shell.bzl", "shell")
load(":types.bzl", "types")

_SHELL = "@cow//sh:toolchain_type"

def _make(impl, attrs = {}, doc = "", toolchains = [], **_others):
    return rule(
        implementation = impl,
        attrs = dict(attrs),
        doc = doc,
        test = True,
        toolchains = toolchains + [_SHELL],
    )

def _begin(ctx):
    return struct(ctx = ctx, failures = [])

def _end(env):
    script = env.ctx.actions.declare_file(env.ctx.label.name + ".sh")
    lines = ["#!/bin/bash"] + ["echo %s" % shell.quote("In test %s: %s" % (env.ctx.label, text)) for text in env.failures]
    lines.append("exit %d" % (1 if env.failures else 0))
    env.ctx.actions.write(script, "\n".join(lines) + "\n", is_executable = True)
    return [DefaultInfo(executable = script), env.ctx.toolchains[_SHELL].host_tree]

def _suite(name, *test_rules, **kwargs):
    names = []
    for index, test in enumerate(test_rules):
        test_name = "%s_test_%d" % (name, index)
        if type(test) == "struct":
            test.function(name = test_name, *test.args, **(test.kwargs | kwargs))
        else:
            test(name = test_name, **kwargs)
        names.append(test_name)
    native.test_suite(name = name, tests = [":" + one for one in names])

def _fail(env, msg):
    env.failures.append(msg)

def _true(env, condition, msg = "Expected condition to be true, but was false."):
    if not condition:
        _fail(env, msg)

def _false(env, condition, msg = "Expected condition to be false, but was true."):
    if condition:
        _fail(env, msg)

def _equals(env, expected, actual, msg = None):
    if expected != actual:
        text = "Expected \"%s\", but got \"%s\"" % (expected, actual)
        _fail(env, "%s (%s)" % (msg, text) if msg else text)

def _set_equals(env, expected, actual, msg = None):
    if type(actual) != type(expected) or not types.is_set(actual) or not sets.is_equal(expected, actual):
        text = "Expected %s, but got %s" % (
            sets.str(expected),
            sets.str(actual) if types.is_set(actual) else actual,
        )
        _fail(env, "%s (%s)" % (msg, text) if msg else text)

asserts = struct(
    equals = _equals,
    false = _false,
    new_set_equals = _set_equals,
    set_equals = _set_equals,
    true = _true,
)

unittest = struct(
    begin = _begin,
    end = _end,
    fail = _fail,
    make = _make,
    suite = _suite,
)

_BinDirInfo = provider("Where the target under test is built.", fields = ["path"])

_bin_dir_aspect = aspect(implementation = lambda target, ctx: [_BinDirInfo(path = ctx.bin_dir.path)])

def _analysis_make(
        impl,
        expect_failure = False,
        attrs = {},
        fragments = [],
        config_settings = {},
        extra_target_under_test_aspects = [],
        doc = "",
        **_others):
    if expect_failure:
        fail("analysistest.make(): expect_failure is not supported: a target whose analysis fails ends the build")
    under_test = {"aspects": [_bin_dir_aspect] + extra_target_under_test_aspects, "mandatory": True}
    if config_settings:
        under_test["cfg"] = analysis_test_transition(
            settings = {str(setting): value for setting, value in config_settings.items()},
        )
    return _make(impl, attrs = attrs | {"target_under_test": attr.label(**under_test)}, doc = doc)

# A transition makes a list of what it leads to.
def _target_under_test(env):
    target = env.ctx.attr.target_under_test
    return target[0] if type(target) == "list" else target

def _target_bin_dir_path(env):
    return _target_under_test(env)[_BinDirInfo].path

analysistest = struct(
    begin = _begin,
    end = _end,
    fail = _fail,
    make = _analysis_make,
    target_bin_dir_path = _target_bin_dir_path,
    target_under_test = _target_under_test,
)

def _loading_make(name):
    native.test_suite(name = name + "_tests", tags = [name + "_test_case"])
    return struct(name = name)

def _loading_equals(env, test_case, expected, actual):
    if expected != actual:
        fail("In loading test %s, case %s: expected \"%s\", but got \"%s\"" % (env.name, test_case, expected, actual))

loadingtest = struct(
    equals = _loading_equals,
    make = _loading_make,
)
