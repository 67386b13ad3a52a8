"""Build settings without meaning of their own."""

BuildSettingInfo = provider(
    doc = "The value of a build setting.",
    fields = {"value": "of the type of the setting"},
)

def _impl(ctx):
    return BuildSettingInfo(value = ctx.build_setting_value)

def _string_impl(ctx):
    allowed = ctx.attr.values
    value = ctx.build_setting_value
    if allowed and value not in allowed:
        fail("Error setting %s: invalid value '%s'. Allowed values are %s" % (ctx.label, value, allowed))
    providers = [BuildSettingInfo(value = value)]
    if ctx.attr.make_variable:
        providers.append(platform_common.TemplateVariableInfo({ctx.attr.make_variable: value}))
    return providers

def _int_impl(ctx):
    providers = [BuildSettingInfo(value = ctx.build_setting_value)]
    if ctx.attr.make_variable:
        providers.append(platform_common.TemplateVariableInfo({ctx.attr.make_variable: str(ctx.build_setting_value)}))
    return providers

_MAKE_VARIABLE = {"make_variable": attr.string(doc = "The value's name in make variables.")}
_STRING_ATTRS = _MAKE_VARIABLE | {
    "values": attr.string_list(doc = "The only values allowed; any if empty."),
}
_SCOPE = {"scope": attr.string(default = "universal", doc = "Accepted.")}

bool_flag = rule(implementation = _impl, build_setting = config.bool(flag = True), attrs = _SCOPE)
bool_setting = rule(implementation = _impl, build_setting = config.bool(flag = False))
int_flag = rule(implementation = _int_impl, build_setting = config.int(flag = True), attrs = _MAKE_VARIABLE | _SCOPE)
int_setting = rule(implementation = _int_impl, build_setting = config.int(flag = False), attrs = _MAKE_VARIABLE)
string_flag = rule(
    implementation = _string_impl,
    build_setting = config.string(flag = True),
    attrs = _STRING_ATTRS | _SCOPE,
)
string_list_flag = rule(implementation = _impl, build_setting = config.string_list(flag = True), attrs = _SCOPE)
string_list_setting = rule(implementation = _impl, build_setting = config.string_list(flag = False))
string_setting = rule(
    implementation = _string_impl,
    build_setting = config.string(flag = False),
    attrs = _STRING_ATTRS,
)
