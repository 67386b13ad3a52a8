// The rule classes the engine itself knows: loading declares their attributes, analysis implements them by name.
//
//   alias(actual)                                 config_setting(values, define_values, flag_values, constraint_values)
//   constraint_setting(default_constraint_value)  constraint_value(constraint_setting)
//   platform(constraint_values, parents, exec_properties)
//   toolchain_type()                              toolchain(toolchain_type, toolchain, exec_compatible_with,
//                                                           target_compatible_with, target_settings)
//   host_tree(manifest)                           test_suite(tests)
#pragma once

#include <vector>

#include "engine/loading/rule_class.h"
#include "engine/starlark/heap.h"

namespace cow::loading {

// Fresh classes made in `heap`.
std::vector<RuleClass*> MakeNativeRuleClasses(starlark::Heap& heap);

// Attributes that every rule has besides its own: name, visibility, tags, testonly, deprecation, features,
// exec_compatible_with, target_compatible_with, exec_properties, toolchains, ...; tests and executables have more.
std::vector<Attribute> ImplicitAttributes(starlark::Heap& heap, bool executable, bool test);

}  // namespace cow::loading
