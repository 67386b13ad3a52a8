// Provider: what provider() returns: the type, and constructor, of the records that targets give to
// dependents.
//
// A provider is its own identity: two calls of provider() never match, whatever their names.
// Instances are starlark::Structs whose constructor is the Provider. It gets its name when the
// module that defines it is executed (Export); until then it is anonymous.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

class Provider final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"Provider"};
  // Makes an instance of a provider that is written in C++.
  using Constructor = absl::StatusOr<starlark::Value> (*)(starlark::Thread&, const Provider&,
                                                          const starlark::Arguments&);

  // From provider(): `fields` empty optional = any field; `init` unset = keyword arguments are the
  // fields.
  Provider(std::optional<std::vector<std::string>> fields, starlark::Value init)
      : HostObject(kType), fields_(std::move(fields)), init_(init) {}
  // Written in C++. A null constructor means that rules cannot make instances.
  Provider(std::string_view name, Constructor constructor)
      : HostObject(kType), name_(name), native_(constructor), is_native_(true) {}

  // "" before Export.
  const std::string& name() const { return name_; }
  // The first global it was assigned to. Later calls change nothing.
  void Export(std::string_view name) {
    if (name_.empty()) name_ = name;
  }

  // An instance without running init: checks only that the fields are declared ones.
  absl::StatusOr<starlark::Value> MakeRaw(starlark::Thread& thread,
                                          const starlark::Arguments& args) const;

  void Repr(std::string& out) const override;
  bool Callable() const override { return true; }
  absl::StatusOr<starlark::Value> Call(starlark::Thread& thread,
                                       const starlark::Arguments& args) override;
  std::string_view CallName() const override { return DisplayName(); }
  std::string_view InstanceName() const override {
    return name_.empty() ? "struct" : DisplayName();
  }

 private:
  std::string_view DisplayName() const {
    return name_.empty() ? std::string_view("provider") : name_;
  }
  absl::StatusOr<starlark::Value> MakeWithInit(starlark::Thread& thread,
                                               const starlark::Arguments& args) const;

  std::string name_;
  std::optional<std::vector<std::string>> fields_;
  starlark::Value init_;
  Constructor native_ = nullptr;
  bool is_native_ = false;
};

// The builtin `provider(doc, *, fields, init)`: a Provider, or with init a tuple of it and its raw
// constructor.
absl::StatusOr<starlark::Value> MakeProvider(starlark::Thread& thread,
                                             const starlark::Arguments& args);

// The provider that made this instance, or null if the value is no instance.
const Provider* ProviderOf(starlark::Value instance);

}  // namespace cow::analysis
