// AspectClass: what aspect() returns: a function that runs over targets a rule depends on, and along which
// attributes it goes on from there.
//
// Gets its name from the first global it is bound to. Immutable once its module is frozen; its address is its
// identity. Running it is analysis.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/attribute.h"
#include "engine/loading/rule_class.h"
#include "engine/model/label.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::loading {

class AspectClass final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"Aspect"};

  // Alternatives of providers: all of at least one of them. Empty = no demand.
  using ProviderSets = std::vector<std::vector<starlark::Value>>;

  struct Definition {
    std::string name{};                         // "" until exported
    Label file{};                               // that calls aspect()
    starlark::Value implementation{};
    std::vector<std::string> attr_aspects{};    // "*" = all
    // Private ones have defaults; public ones are parameters: bool, int or string.
    std::vector<Attribute> attributes{};
    ProviderSets required_providers{};          // of the target: else the aspect does not run there
    ProviderSets required_aspect_providers{};   // of aspects applied before: those it may see
    std::vector<starlark::Value> provides{};
    std::vector<starlark::Value> required_aspects{};  // AspectClasses that are applied before it
    std::vector<ToolchainRequirement> toolchains{};
    bool apply_to_generating_rules = false;
    std::string doc{};
    Location location{};
    PackageId package{};                        // of `file`
  };

  explicit AspectClass(Definition definition) : HostObject(kType), definition_(std::move(definition)) {}

  const Definition& definition() const { return definition_; }
  // "//a:defs.bzl%name".
  std::string DisplayName() const;
  bool GoesAlong(std::string_view attribute) const;
  // Without effect on a class that has a name.
  void Export(std::string_view name);

  void Repr(std::string& out) const override;  // <aspect //a:defs.bzl%name>

 private:
  Definition definition_;
};

// A list of AspectClasses, or a plain error that names `function` and `parameter`. None gives nothing.
absl::StatusOr<std::vector<starlark::Value>> AspectsParameter(std::string_view function, std::string_view parameter,
                                                              starlark::Value value);

// The builtin aspect().
absl::StatusOr<starlark::Value> MakeAspect(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
