// MacroClass: a symbolic macro: what macro() returns. Calling it in a BUILD file runs its function, whose targets
// are named after the call and are seen only by the macro unless their visibility says more.
//
// Gets its name from the first global it is bound to. Immutable once its module is frozen, any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/loading/attribute.h"
#include "engine/model/label.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/value.h"

namespace cow::loading {

class PackageBuilder;
struct MacroInstance;

class MacroClass final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"macro"};

  struct Definition {
    std::string name{};                  // "" until exported
    starlark::Value implementation{};
    std::vector<Attribute> attributes{}; // without name and visibility
    bool finalizer = false;              // runs when the rest of the BUILD file is done
    std::string doc{};
    Location location{};
    PackageId package{};                 // of the file that calls macro()
  };

  explicit MacroClass(Definition definition) : HostObject(kType), definition_(std::move(definition)) {}

  const Definition& definition() const { return definition_; }
  const std::string& name() const { return definition_.name; }
  // Without effect on a class that has a name.
  void Export(std::string_view name);

  void Repr(std::string& out) const override;  // <macro name>
  bool Callable() const override { return true; }
  absl::StatusOr<starlark::Value> Call(starlark::Thread& thread, const starlark::Arguments& args) override;
  std::string_view CallName() const override;

  // Runs the function of an instance whose arguments were made by Call.
  absl::Status Run(starlark::Thread& thread, PackageBuilder& package, std::shared_ptr<const MacroInstance> instance,
                   const std::vector<starlark::NamedValue>& arguments) const;

 private:
  Definition definition_;
};

// The builtin macro().
absl::StatusOr<starlark::Value> MakeMacro(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
