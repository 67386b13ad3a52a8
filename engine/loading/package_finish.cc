// The end of building a package: what could only be done when all of the BUILD file was seen.
#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/error_list.h"
#include "engine/loading/package_builder.h"

namespace cow::loading {

void PackageBuilder::ApplyDefaults(Target& target, const Visibility& visibility) {
  switch (target.kind()) {
    case Target::Kind::kRule:
      if (!target.IsExplicit("visibility") && target.macro() == nullptr) target.visibility_ = visibility;
      if (!target.IsExplicit("testonly")) target.testonly_ |= defaults_.testonly;
      if (!target.IsExplicit("deprecation")) target.deprecation_ = defaults_.deprecation;
      break;
    case Target::Kind::kOutputFile: {
      const Target* rule = Find(target.generating_rule().name());
      bool own = rule != nullptr && rule->is_rule() && (rule->IsExplicit("visibility") || rule->macro() != nullptr);
      target.visibility_ = own ? rule->visibility() : visibility;
      break;
    }
    case Target::Kind::kSourceFile:
    case Target::Kind::kPackageGroup:
      break;
  }
}

void PackageBuilder::AddMentionedFiles() {
  for (const auto& [name, mention] : mentions_) {
    if (Find(name) != nullptr) continue;
    std::string subpackage = SubpackageOf(name);
    if (!subpackage.empty()) {
      std::string inner = JoinPath(inputs_.id.path(), name).substr(subpackage.size() + 1);
      std::string repo = inputs_.id.repo().empty() ? "" : absl::StrCat("@", inputs_.id.repo());
      errors_.push_back({.location = mention.location,
                         .message = absl::StrCat("label '", inputs_.id.ToString(), ":", name, "' is invalid because '",
                                                 subpackage, "' is a subpackage; perhaps you meant '", repo, "//",
                                                 subpackage, ":", inner, "'"),
                         .source_line = mention.source_line});
      continue;
    }
    if (inputs_.tree->KindOf(JoinPath(inputs_.directory, name)) == FileKind::kOther) continue;
    absl::StatusOr<Label> label = Label::Create(inputs_.id, name);
    if (!label.ok()) continue;
    Target target;
    target.label_ = *std::move(label);
    target.location_ = mention.location;
    target.source_line_ = mention.source_line;
    package_->targets_.emplace(name, std::move(target));
  }
}

absl::StatusOr<PackagePtr> PackageBuilder::Finish(std::shared_ptr<const starlark::FrozenHeap> heap,
                                                  std::vector<Label> loads) {
  const std::string build_file = inputs_.build_file.name();
  if (Find(build_file) == nullptr) {
    mentions_.try_emplace(build_file, Mention{.location = {inputs_.source->name(), 1, 1}});
  }
  AddMentionedFiles();
  Visibility visibility;
  if (defaults_.has_visibility) {
    absl::StatusOr<Visibility> parsed = Visibility::FromLabels(defaults_.visibility);
    if (parsed.ok()) visibility = *std::move(parsed);
  }
  for (auto& [name, target] : package_->targets_) ApplyDefaults(target, visibility);
  if (!errors_.empty()) return ErrorList(errors_);
  package_->default_visibility_ = std::move(visibility);
  package_->features_ = defaults_.features;
  package_->loads_ = std::move(loads);
  package_->heap_ = std::move(heap);
  if (auto listing = inputs_.tree->List(inputs_.directory)) {
    for (const DirectoryEntry& entry : *listing) {
      if (entry.kind == FileKind::kRegular) package_->files_beside_.push_back(entry.name);
    }
  }
  return PackagePtr(package_);
}

}  // namespace cow::loading
