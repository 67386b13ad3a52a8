// Transition: how a configuration changes on an edge: the value of transition(), config.exec(), config.target(),
// config.none(), and what "exec" and "target" stand for.
//
// Immutable. What the function of a transition does is up to analysis.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/model/label.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

// What a transition reads or writes: "//command_line_option:copt" or the label of a build setting.
struct TransitionSetting {
  std::string text{};           // as written: the key of the dicts that the function gets and returns
  std::string native_option{};  // "copt"; "" = `label` is a build setting
  Label label{};

  friend bool operator==(const TransitionSetting&, const TransitionSetting&) = default;
};

class Transition final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"transition"};
  enum class Kind {
    kTarget,    // stays
    kExec,      // to that of tools, on the execution platform of `exec_group`
    kNone,      // things that are the same in all configurations
    kFunction,  // what `implementation` says
    kSettings,  // what `values` says (analysis_test_transition)
  };
  struct Definition {
    Kind kind = Kind::kTarget;
    std::string exec_group{};          // kExec: "" = that of the rule itself
    starlark::Value implementation{};  // kFunction: f(settings, attr)
    std::vector<TransitionSetting> inputs{};
    std::vector<TransitionSetting> outputs{};
    std::vector<starlark::Value> values{};  // kSettings: by output
    Location location{};
    PackageId package{};  // of the file: base of labels in what the function returns
  };
  explicit Transition(Definition definition) : HostObject(kType), definition_(std::move(definition)) {}

  const Definition& definition() const { return definition_; }
  Kind kind() const { return definition_.kind; }
  bool is_starlark() const { return kind() == Kind::kFunction || kind() == Kind::kSettings; }

  void Repr(std::string& out) const override;

 private:
  Definition definition_;
};

// transition(implementation, inputs, outputs)
absl::StatusOr<starlark::Value> MakeTransition(starlark::Thread& thread, const starlark::Arguments& args);
// analysis_test_transition(settings)
absl::StatusOr<starlark::Value> MakeSettingsTransition(starlark::Thread& thread, const starlark::Arguments& args);
// config.exec(exec_group), config.target(), config.none()
absl::StatusOr<starlark::Value> MakeExecTransition(starlark::Thread& thread, const starlark::Arguments& args);
absl::StatusOr<starlark::Value> MakeTargetTransition(starlark::Thread& thread, const starlark::Arguments& args);
absl::StatusOr<starlark::Value> MakeNoneTransition(starlark::Thread& thread, const starlark::Arguments& args);

// The value of a parameter `cfg`: "target", "exec", a Transition; null for absent and "target". New ones are made in
// thread.heap().
absl::StatusOr<const Transition*> TransitionParameter(starlark::Thread& thread, std::string_view function,
                                                      starlark::Value value);

}  // namespace cow::loading
