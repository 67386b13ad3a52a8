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

// In ctx_tools.cc.
// created_actions(): an error, there is nothing to look at before a rule has returned.
absl::StatusOr<starlark::Value> CtxCreatedActions(starlark::Thread& thread,
                                                  const starlark::Arguments& args);
absl::StatusOr<starlark::Value> CtxPackageRelativeLabel(starlark::Thread& thread,
                                                        const starlark::Arguments& args);
// resolve_command(command, attribute, expand_locations, make_variables, tools, ...): (inputs, argv, []).
absl::StatusOr<starlark::Value> CtxResolveCommand(starlark::Thread& thread,
                                                  const starlark::Arguments& args);
// resolve_tools(tools): (depset of files, []).
absl::StatusOr<starlark::Value> CtxResolveTools(starlark::Thread& thread,
                                                const starlark::Arguments& args);
// super(): runs the rule function of the parent rule.
absl::StatusOr<starlark::Value> CtxSuper(starlark::Thread& thread,
                                         const starlark::Arguments& args);
// tokenize(text): words as a shell splits them.
absl::StatusOr<starlark::Value> CtxTokenize(starlark::Thread& thread,
                                            const starlark::Arguments& args);

// $(location) of dependencies and `targets` (unset: left alone), then Make variables if `attribute` is not "".
absl::StatusOr<std::string> ExpandCommandText(const RuleContext& context, std::string_view text,
                                              starlark::Value targets, std::string_view attribute,
                                              const starlark::Dict* variables);

// The attribute `args` of a program: locations and variables expanded, split into words. Plain
// errors.
absl::StatusOr<std::vector<std::string>> ExpandProgramArgs(const RuleContext& context);

}  // namespace cow::analysis
