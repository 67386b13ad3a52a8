// RepositoryRule: what repository_rule() returns. Calling it in a workspace file declares a repository.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/digest.h"
#include "engine/loading/attribute.h"
#include "engine/model/label.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::loading {

class RepositoryRule final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"repository_rule"};

  struct Definition {
    std::string name{};                     // "" until exported
    starlark::Value implementation{};       // function(repository_ctx)
    starlark::Value lock{};                 // unset, or function(repository_ctx) -> text of the lock file
    std::vector<Attribute> attributes{};
    std::vector<std::string> environ{};     // names of variables it depends on
    bool local = false;                     // made anew by every command
    Label module{};                         // the file that calls repository_rule()
  };

  explicit RepositoryRule(Definition definition) : HostObject(kType), definition_(std::move(definition)) {}

  const std::string& name() const { return definition_.name; }
  const Definition& definition() const { return definition_; }
  void Export(std::string_view name) {
    if (definition_.name.empty()) definition_.name = std::string(name);
  }

  void Repr(std::string& out) const override;
  bool Callable() const override { return true; }
  absl::StatusOr<starlark::Value> Call(starlark::Thread& thread, const starlark::Arguments& args) override;
  std::string_view CallName() const override { return name().empty() ? std::string_view("repository_rule") : name(); }

 private:
  Definition definition_;
};

// The builtin repository_rule().
absl::StatusOr<starlark::Value> MakeRepositoryRule(starlark::Thread& thread, const starlark::Arguments& args);

// One declared repository.
struct RepositoryDeclaration {
  std::string name{};
  Location location{};
  std::string local_path{};                  // local_repository: absolute directory; otherwise "" and `rule` is set
  const RepositoryRule* rule = nullptr;      // of a heap the declaring workspace file keeps
  std::vector<starlark::Value> values{};     // by index of the rule's attributes; frozen when used
  Digest rule_digest{};                      // of the texts the rule consists of
  bool builtin = false;                      // by the built-in workspace file: the user's may replace it
};

}  // namespace cow::loading
