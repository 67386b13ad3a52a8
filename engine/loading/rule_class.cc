#include "engine/loading/rule_class.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/loading/package_builder.h"
#include "engine/starlark/arguments.h"

namespace cow::loading {

AttributeType BuildSetting::default_type() const {
  switch (type_) {
    case Type::kBool:
      return AttributeType::kBool;
    case Type::kInt:
      return AttributeType::kInt;
    case Type::kString:
      return AttributeType::kString;
    case Type::kStringList:
    case Type::kStringSet:
      return AttributeType::kStringList;
    case Type::kLabel:
      return AttributeType::kLabel;
  }
  return AttributeType::kString;
}

RuleClass::RuleClass(Definition definition) : HostObject(kType), definition_(std::move(definition)) {
  for (size_t i = 0; i < definition_.attributes.size(); ++i) {
    index_.emplace(definition_.attributes[i].name, static_cast<int>(i));
  }
}

int RuleClass::IndexOf(std::string_view attribute) const {
  auto found = index_.find(attribute);
  return found == index_.end() ? -1 : found->second;
}

const Attribute* RuleClass::Find(std::string_view attribute) const {
  int index = IndexOf(attribute);
  return index < 0 ? nullptr : &definition_.attributes[static_cast<size_t>(index)];
}

absl::Status RuleClass::Export(std::string_view name) {
  if (!definition_.name.empty()) return absl::OkStatus();
  if (absl::EndsWith(name, "_test") != definition_.test) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid rule name '", name, "': names of test rules end with '_test', others must not"));
  }
  definition_.name = std::string(name);
  return absl::OkStatus();
}

void RuleClass::Repr(std::string& out) const {
  absl::StrAppend(&out, "<rule", name().empty() ? "" : " ", name(), ">");
}

std::string_view RuleClass::CallName() const { return name().empty() ? std::string_view("rule") : name(); }

absl::StatusOr<starlark::Value> RuleClass::Call(starlark::Thread& thread, const starlark::Arguments& args) {
  auto* package = thread.Host<PackageBuilder>();
  if (package == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(CallName(), "() declares a target: it can only be called while a BUILD file is loaded"));
  }
  if (name().empty()) {
    return absl::InvalidArgumentError(
        "this rule has no name: the value of rule() must be assigned to a global variable of a .cow file");
  }
  if (!args.positional().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(CallName(), "() takes no positional arguments: write attributes as name = value"));
  }
  if (absl::Status status = package->AddRule(thread, *this, args.named()); !status.ok()) return status;
  return starlark::Value::None();
}

}  // namespace cow::loading
