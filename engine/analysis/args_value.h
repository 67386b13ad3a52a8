// Args: ctx.actions.args(). Items stay as the rule gave them; nothing is flattened or formatted
// here.
//
// An action takes a snapshot (spec()); what is added later is not seen by it. Args_expansion turns
// snapshots into model CommandLines for the actions that are wanted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/model/command_line.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

// How one add_all or add_joined prints its values.
struct ArgsFormat {
  std::string flag{};
  starlark::Value map_each{};  // unset: none
  Location location{};         // of the call that names map_each, for its errors
  std::optional<std::string> format_each{};
  std::optional<std::string> before_each{};
  std::optional<std::string> join_with{};
  std::optional<std::string> format_joined{};
  std::optional<std::string> terminate_with{};
  bool omit_if_empty = true;
  bool uniquify = false;
  bool expand_directories = true;
};

// Equal formats without map_each are one: actions say the same few again and again. Any thread.
using ArgsFormatPtr = std::shared_ptr<const ArgsFormat>;
ArgsFormatPtr SharedArgsFormat(ArgsFormat format);
// As if nothing was said.
ArgsFormatPtr PlainArgsFormat();

struct ArgsItem {
  enum class Kind { kValue, kList, kDepset };

  Kind kind = Kind::kValue;
  starlark::Value value{};              // kValue: anything with a text; kDepset: a DepsetValue
  std::vector<starlark::Value> list{};  // kList
  ArgsFormatPtr format = PlainArgsFormat();  // kValue: only flag and format_each
};

// A snapshot. Its values live in heaps that the configured target keeps.
struct ArgsSpec {
  std::vector<ArgsItem> items{};
  std::optional<std::string> param_file_flag{};
  bool param_file_always = false;
  ArgList::ParamFileFormat param_file_format = ArgList::ParamFileFormat::kShell;
};

class ArgsValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"Args"};
  ArgsValue() : HostObject(kType), spec_(std::make_shared<ArgsSpec>()) {}

  std::shared_ptr<const ArgsSpec> Snapshot() const { return spec_; }
  // For changes: a snapshot that somebody holds is left alone.
  ArgsSpec& Mutable() {
    if (spec_.use_count() > 1) spec_ = std::make_shared<ArgsSpec>(*spec_);
    return *spec_;
  }

  void Repr(std::string& out) const override { out += "Args"; }
  absl::StatusOr<uint64_t> Hash() const override { return starlark::UnhashableError("Args"); }
  const starlark::MethodTable* Methods() const override;

 private:
  std::shared_ptr<ArgsSpec> spec_;
};

// Checks and readers that TemplateDict shares. A pattern has one "%s"; a map_each function is a
// top-level def unless closures are allowed; values are a list or tuple (copied) or a depset (kept).
absl::Status CheckPattern(std::string_view parameter, const std::optional<std::string>& pattern);
absl::Status CheckMapEach(starlark::Value function, bool allow_closure);
absl::StatusOr<ArgsItem> ReadArgValues(starlark::Value values, std::string_view method);

// One element of the `arguments` list of an action: plain strings, or a snapshot of an Args.
absl::StatusOr<std::shared_ptr<const ArgsSpec>> ArgsFromArgument(starlark::Value argument);

}  // namespace cow::analysis
