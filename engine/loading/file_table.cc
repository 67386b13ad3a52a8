#include "engine/loading/file_table.h"

#include "engine/base/status.h"
#include "engine/loading/workspace.h"

namespace cow::loading {

void FileTable::Add(const std::string& file, const PackageId& package) {
  absl::MutexLock lock(&mutex_);
  packages_[file] = package;
}

std::optional<PackageId> FileTable::Find(const std::string& file) const {
  absl::MutexLock lock(&mutex_);
  auto found = packages_.find(file);
  if (found == packages_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<PackageId> FileTable::Canonical(const PackageId& package) const {
  const std::string& repo = package.repo();
  if (repo.empty() || repo != main_name_ || repo == kBuiltinRepository) return package;
  return PackageId::Create("", package.path());
}

absl::StatusOr<Label> FileTable::Parse(std::string_view text, const PackageId& base) const {
  absl::StatusOr<Label> parsed = Label::Parse(text, base);
  if (parsed.ok() && !bindings_.empty() && parsed->package().path() == kExternalPackage && parsed->repo() == base.repo()) {
    COW_ASSIGN_OR_RETURN(PackageId external, PackageId::Create("", kExternalPackage));
    return Label::Create(std::move(external), parsed->name());
  }
  if (!parsed.ok() || (renames_.empty() && (main_name_.empty() || parsed->repo() != main_name_))) return parsed;
  const Label& label = *parsed;
  COW_ASSIGN_OR_RETURN(PackageId package, Canonical(label.package()));
  if (!renames_.empty() && package.repo() != base.repo()) {
    if (auto renamed = renames_.find({base.repo(), package.repo()}); renamed != renames_.end()) {
      COW_ASSIGN_OR_RETURN(package, PackageId::Create(renamed->second, package.path()));
    }
  }
  return Label::Create(std::move(package), label.name());
}

}  // namespace cow::loading
