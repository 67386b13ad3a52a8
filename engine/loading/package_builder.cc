#include "engine/loading/package_builder.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/edit_distance.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/select.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Thread;
using starlark::Value;

absl::StatusOr<PackageBuilder*> RequirePackage(const Thread& thread, std::string_view function) {
  if (auto* builder = thread.Host<PackageBuilder>()) return builder;
  return absl::InvalidArgumentError(absl::StrCat(function, "() can only be called while a BUILD file is loaded"));
}

PackageBuilder::PackageBuilder(PackageInputs inputs) : inputs_(std::move(inputs)), package_(std::make_shared<Package>()) {
  package_->id_ = inputs_.id;
  package_->build_file_ = inputs_.build_file;
  package_->build_file_name_ = inputs_.source->name();
  package_->directory_ = inputs_.directory;
}

const Target* PackageBuilder::Find(std::string_view name) const { return package_->Find(name); }

const Target* PackageBuilder::FindRuleAmong(std::string_view name, size_t count) const {
  auto found = rule_order_.find(name);
  return found == rule_order_.end() || found->second >= count ? nullptr : Find(name);
}

Location PackageBuilder::PlaceOf(const Thread& thread) const {
  return finalizer_place_ ? *finalizer_place_ : thread.OutermostLocation();
}

void PackageBuilder::AddError(const Thread& thread, std::string_view message, std::string_view suggestion) {
  Location location = PlaceOf(thread);
  Diagnostic diagnostic{.location = location,
                        .message = std::string(message),
                        .source_line = std::string(inputs_.source->Line(location.line)),
                        .suggestion = std::string(suggestion)};
  std::vector<starlark::StackFrame> stack = thread.CallStack();
  for (size_t i = finalizer_place_ ? 0 : 1; i < stack.size(); ++i) {
    if (stack[i].builtin) continue;
    diagnostic.notes.push_back(absl::StrCat("in macro '", stack[i].function, "' at ", stack[i].location.ToString()));
  }
  errors_.push_back(std::move(diagnostic));
}

Target PackageBuilder::NewTarget(const Thread& thread, Target::Kind kind, Label label) const {
  Target target;
  target.kind_ = kind;
  target.label_ = std::move(label);
  target.location_ = PlaceOf(thread);
  target.macro_ = current_macro_;
  target.source_line_ = std::string(inputs_.source->Line(target.location_.line));
  for (starlark::StackFrame& frame : thread.CallStack()) {
    if (!frame.builtin) target.call_stack_.push_back(std::move(frame));
  }
  return target;
}

std::string PackageBuilder::Conflict(std::string_view what, const Target& existing) const {
  std::string kind;
  switch (existing.kind()) {
    case Target::Kind::kRule: kind = absl::StrCat(existing.rule_class().name(), " rule"); break;
    case Target::Kind::kOutputFile:
      kind = absl::StrCat("generated file from rule '", existing.generating_rule().name(), "'");
      break;
    case Target::Kind::kPackageGroup: kind = "package group"; break;
    case Target::Kind::kSourceFile: kind = "source file"; break;
  }
  return absl::StrCat(what, " conflicts with existing ", kind, ", defined at ", existing.location().ToString());
}

std::string PackageBuilder::CheckedName(const Thread& thread, const RuleClass& rule_class, Value name) {
  const auto* text = name.As<starlark::String>();
  if (text == nullptr) {
    if (name.IsUnset() || name.IsNone()) {
      AddError(thread, absl::StrCat(rule_class.name(), " rule has no 'name' attribute"));
    } else {
      AddError(thread, absl::StrCat("expected value of type 'string' for attribute 'name' in '", rule_class.name(),
                                    "' rule, but got ", starlark::Repr(name), " (", starlark::TypeName(name), ")"));
    }
    return "";
  }
  absl::StatusOr<Label> label = Label::Create(inputs_.id, text->view());
  if (!label.ok()) {
    AddError(thread, absl::StrCat("illegal rule name: ", text->view(), ": ", label.status().message()));
    return "";
  }
  if (const Target* existing = Find(text->view())) {
    AddError(thread, Conflict(absl::StrCat(rule_class.name(), " rule '", text->view(), "' in package '",
                                           inputs_.id.path(), "'"),
                              *existing));
    return "";
  }
  return text->str();
}

absl::Status PackageBuilder::AddRule(Thread& thread, const RuleClass& rule_class,
                                     std::span<const starlark::NamedValue> attributes) {
  Value name;
  for (const starlark::NamedValue& given : attributes) {
    if (given.name->view() == "name") name = given.value;
  }
  std::string checked = CheckedName(thread, rule_class, name);
  if (checked.empty()) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(Label label, Label::Create(inputs_.id, checked));
  Target target = NewTarget(thread, Target::Kind::kRule, std::move(label));
  target.rule_class_ = &rule_class;
  target.explicit_.resize(rule_class.attributes().size());
  for (const Attribute& attribute : rule_class.attributes()) target.values_.push_back(attribute.default_value);
  for (const starlark::NamedValue& given : attributes) SetAttribute(thread, target, given);
  COW_RETURN_IF_ERROR(ComputeDefaults(thread, target));
  CheckAttributes(thread, target);
  ReadCommonAttributes(thread, target);
  COW_RETURN_IF_ERROR(AddOutputs(thread, target));
  rule_order_.emplace(checked, rule_names_.size());
  rule_names_.push_back(checked);
  package_->targets_.emplace(checked, std::move(target));
  return absl::OkStatus();
}

void PackageBuilder::SetAttribute(Thread& thread, Target& target, const starlark::NamedValue& given) {
  const RuleClass& rule_class = target.rule_class();
  std::string_view name = given.name->view();
  auto prefix = [&] { return absl::StrCat(target.label().ToString(), ": "); };
  int index = rule_class.IndexOf(name);
  // What a foreign rule calls so may be anything: the `toolchains` of a cc_toolchain_suite are a dict.
  if (rule_class.is_foreign() && (index < 0 || name == "toolchains")) return;
  if (index < 0) {
    std::vector<std::string> names;
    for (const Attribute& attribute : rule_class.attributes()) {
      if (!attribute.is_private()) names.push_back(attribute.name);
    }
    AddError(thread, absl::StrCat(prefix(), "no such attribute '", name, "' in '", rule_class.name(), "' rule"),
             ClosestMatch(name, names));
    return;
  }
  const Attribute& attribute = rule_class.attributes()[static_cast<size_t>(index)];
  if (attribute.is_private()) {
    AddError(thread, absl::StrCat(prefix(), "attribute '", name, "' of '", rule_class.name(),
                                  "' rule is private: it cannot be set"));
    return;
  }
  if (given.value.IsNone()) return;
  std::vector<Label> labels;
  ConversionContext context{.heap = &thread.heap(),
                            .files = inputs_.files,
                            .base = inputs_.id,
                            .what = absl::StrCat("attribute '", name, "' in '", rule_class.name(), "' rule"),
                            .labels = &labels};
  absl::StatusOr<Value> value = ConvertValue(attribute, given.value, context);
  // A target that is known to be wrong still takes its place, so that others do not seem to miss it.
  target.explicit_[static_cast<size_t>(index)] = true;
  if (!value.ok()) {
    AddError(thread, absl::StrCat(prefix(), value.status().message()));
    return;
  }
  target.values_[static_cast<size_t>(index)] = *value;
  if (attribute.name != "visibility") CollectMentions(thread, labels);
}

void PackageBuilder::CheckValue(const Thread& thread, const Target& target, const Attribute& attribute, Value value) {
  if (attribute.allow_empty && attribute.values.empty()) return;
  if (const auto* select = value.As<SelectValue>()) {
    for (const SelectPart& part : select->parts()) {
      if (attribute.values.empty() || part.is_plain()) continue;
      for (const SelectBranch& branch : part.branches) {
        if (!branch.value.IsNone()) CheckValue(thread, target, attribute, branch.value);
      }
    }
    return;
  }
  auto prefix = [&] { return absl::StrCat(target.label().ToString(), ": "); };
  if (!attribute.allow_empty && starlark::Length(value) == 0) {
    AddError(thread, absl::StrCat(prefix(), "attribute '", attribute.name, "' in '", target.rule_class().name(),
                                  "' rule must not be empty"));
  }
  if (attribute.values.empty()) return;
  std::vector<std::string> allowed;
  for (Value candidate : attribute.values) {
    if (starlark::Equals(candidate, value).value_or(false)) return;
    allowed.push_back(absl::StrCat("'", starlark::Str(candidate), "'"));
  }
  AddError(thread, absl::StrCat(prefix(), "invalid value in '", attribute.name, "' attribute: has to be one of ",
                                absl::StrJoin(allowed, ", "), " instead of '", starlark::Str(value), "'"));
}

void PackageBuilder::CheckAttributes(Thread& thread, Target& target) {
  const std::vector<Attribute>& attributes = target.rule_class().attributes();
  for (size_t i = 0; i < attributes.size(); ++i) {
    const Attribute& attribute = attributes[i];
    if (attribute.mandatory && !target.explicit_[i]) {
      AddError(thread, absl::StrCat(target.label().ToString(), ": missing value for mandatory attribute '",
                                    attribute.name, "' in '", target.rule_class().name(), "' rule"));
    } else if (!target.values_[i].IsUnset() && (target.explicit_[i] || !attribute.allow_empty)) {
      CheckValue(thread, target, attribute, target.values_[i]);
    }
    if (!target.explicit_[i]) CollectMentions(thread, LabelsOf(target.values_[i]));
  }
}

void PackageBuilder::ReadCommonAttributes(const Thread& thread, Target& target) {
  target.tags_ = target.StringListAttr("tags");
  target.deprecation_ = target.StringAttr("deprecation");
  target.testonly_ = target.IsExplicit("testonly") ? target.BoolAttr("testonly") : target.rule_class().test() || target.rule_class().name() == "test_suite";
  PackageSpec own{.package = target.macro_ == nullptr ? inputs_.id : target.macro_->definition};
  if (target.macro_ != nullptr) target.visibility_.packages = {own};
  if (!target.IsExplicit("visibility")) return;
  absl::StatusOr<Visibility> visibility = Visibility::FromLabels(target.LabelListAttr("visibility"));
  if (visibility.ok()) {
    target.visibility_ = *std::move(visibility);
    if (target.macro_ != nullptr) target.visibility_.packages.push_back(own);
  } else {
    AddError(thread, absl::StrCat(target.label().ToString(), ": ", visibility.status().message()));
  }
}

void PackageBuilder::CollectMentions(const Thread& thread, std::span<const Label> labels) {
  // A symbolic macro makes no files known: those it was given are known from its call.
  if (current_macro_ != nullptr) return;
  for (const Label& label : labels) {
    if (label.package() != inputs_.id || mentions_.contains(label.name())) continue;
    Location location = PlaceOf(thread);
    std::string line(inputs_.source->Line(location.line));
    mentions_.emplace(label.name(), Mention{std::move(location), std::move(line)});
  }
}

absl::Status PackageBuilder::ExportFile(Thread& thread, std::string_view name, const Visibility& visibility) {
  COW_ASSIGN_OR_RETURN(Label label, Label::Create(inputs_.id, name));
  const Target* existing = Find(name);
  if (existing != nullptr && existing->kind() != Target::Kind::kSourceFile) {
    AddError(thread, Conflict(absl::StrCat("exported file '", name, "'"), *existing));
    return absl::OkStatus();
  }
  Target target = NewTarget(thread, Target::Kind::kSourceFile, std::move(label));
  target.visibility_ = visibility;
  package_->targets_.insert_or_assign(std::string(name), std::move(target));
  return absl::OkStatus();
}

void PackageBuilder::AddPackageGroup(Thread& thread, std::string_view name, PackageGroup group) {
  absl::StatusOr<Label> label = Label::Create(inputs_.id, name);
  if (!label.ok()) return AddError(thread, label.status().message());
  if (const Target* existing = Find(name)) {
    return AddError(thread, Conflict(absl::StrCat("package group '", name, "'"), *existing));
  }
  Target target = NewTarget(thread, Target::Kind::kPackageGroup, *std::move(label));
  target.package_group_ = std::move(group);
  target.visibility_ = Visibility::Public();
  package_->targets_.emplace(std::string(name), std::move(target));
}

absl::Status PackageBuilder::SetDefaults(PackageDefaults defaults) {
  if (defaults_set_) return absl::InvalidArgumentError("'package' can only be used once per BUILD file");
  defaults_ = std::move(defaults);
  defaults_set_ = true;
  return absl::OkStatus();
}

std::string PackageBuilder::SubpackageOf(std::string_view name) const {
  for (size_t slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1)) {
    std::string_view below = name.substr(0, slash);
    if (!inputs_.tree->BuildFileIn(JoinPath(inputs_.directory, below)).empty()) return JoinPath(inputs_.id.path(), below);
  }
  return "";
}

}  // namespace cow::loading
