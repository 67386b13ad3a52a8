// ctx.actions: declares outputs and the actions that make them.
//
//   declare_file(filename, sibling)  declare_directory  declare_symlink  args()
//   run(outputs, executable, inputs, tools, arguments, mnemonic, progress_message, env,
//   use_default_shell_env,
//       execution_requirements, unused_inputs_list, host_tree, timeout, ...)
//   run_shell(outputs, command, ...the same...)
//   write(output, content, is_executable)      content: a string or Args, one argument per line
//   symlink(output, target_file | target_path, is_executable)
//   expand_template(template, output, substitutions, is_executable, computed_substitutions)
//   fetch(output, url, sha256, size)           a download whose bytes are known
//   do_nothing(mnemonic, inputs)  template_dict()
#pragma once

#include "engine/analysis/ctx_value.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

class ActionsValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"actions"};
  explicit ActionsValue(ContextRef context) : HostObject(kType), context_(std::move(context)) {}

  const starlark::MethodTable* Methods() const override;

  // The context, if it is the one whose rule function is running.
  absl::StatusOr<RuleContext*> Context(starlark::Thread& thread) const;

 private:
  ContextRef context_;
};

// The methods, in actions_run.cc and actions_files.cc.
absl::StatusOr<starlark::Value> ActionsRun(starlark::Thread& thread,
                                           const starlark::Arguments& args);
absl::StatusOr<starlark::Value> ActionsRunShell(starlark::Thread& thread,
                                                const starlark::Arguments& args);
absl::StatusOr<starlark::Value> ActionsWrite(starlark::Thread& thread,
                                             const starlark::Arguments& args);
absl::StatusOr<starlark::Value> ActionsSymlink(starlark::Thread& thread,
                                               const starlark::Arguments& args);
absl::StatusOr<starlark::Value> ActionsExpandTemplate(starlark::Thread& thread,
                                                      const starlark::Arguments& args);
absl::StatusOr<starlark::Value> ActionsFetch(starlark::Thread& thread,
                                             const starlark::Arguments& args);

}  // namespace cow::analysis
