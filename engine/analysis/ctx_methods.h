// The functions of ctx: runfiles, expansion of locations and Make variables, questions about the
// platform.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/rule_context.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

// runfiles(files, transitive_files, collect_data, collect_default, symlinks, root_symlinks); the
// last two must be empty.
absl::StatusOr<starlark::Value> CtxRunfiles(starlark::Thread& thread,
                                            const starlark::Arguments& args);
// expand_location(input, targets, short_paths)
absl::StatusOr<starlark::Value> CtxExpandLocation(starlark::Thread& thread,
                                                  const starlark::Arguments& args);
// expand_make_variables(attribute_name, command, additional_substitutions)
absl::StatusOr<starlark::Value> CtxExpandMakeVariables(starlark::Thread& thread,
                                                       const starlark::Arguments& args);
// target_platform_has_constraint(constraint_value): a Label, a string or the target of a
// constraint_value.
absl::StatusOr<starlark::Value> CtxTargetPlatformHasConstraint(starlark::Thread& thread,
                                                               const starlark::Arguments& args);
// Always False: coverage is not measured.
absl::StatusOr<starlark::Value> CtxCoverageInstrumented(starlark::Thread& thread,
                                                        const starlark::Arguments& args);

// The attribute `args` of a program: locations and variables expanded, split into words. Plain
// errors.
absl::StatusOr<std::vector<std::string>> ExpandProgramArgs(const RuleContext& context);

}  // namespace cow::analysis
