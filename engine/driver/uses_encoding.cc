#include "engine/driver/uses_encoding.h"

#include <map>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::driver {
namespace {

using store::WireReader;
using store::WireWriter;

// Packages are numbered by their places.
enum Field { kPlan = 1, kPackage, kUser, kByAll };
enum Part { kRepo = 1, kPath };
enum UserPart { kNumber = 1, kUsed };

// Numbers are written plus one: a field of zero would not be written.
std::string Number(uint64_t number) { return WireWriter().Int(kNumber, static_cast<int64_t>(number + 1)).Take(); }

absl::StatusOr<PackageId> DecodePackage(std::string_view bytes) {
  std::string repo, path;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == kRepo) {
      repo = reader.bytes();
    } else {
      path = reader.bytes();
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return PackageId::Create(repo, path);
}

// All numbers in a message, those in messages of it included, in their order.
absl::StatusOr<std::vector<PackageId>> DecodePackages(std::string_view bytes, const std::vector<PackageId>& packages) {
  std::vector<PackageId> found;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == kUsed) {
      COW_ASSIGN_OR_RETURN(std::vector<PackageId> nested, DecodePackages(reader.bytes(), packages));
      found.insert(found.end(), nested.begin(), nested.end());
      continue;
    }
    const uint64_t number = reader.integer();
    if (number == 0 || number > packages.size()) return absl::DataLossError("no such package");
    found.push_back(packages[number - 1]);
  }
  COW_RETURN_IF_ERROR(reader.status());
  return found;
}

}  // namespace

std::string EncodeUses(const analysis::PackageUses& uses, const Digest& plan) {
  std::map<PackageId, uint64_t> numbers;
  for (const PackageId& used : uses.by_all) numbers.emplace(used, 0);
  for (const auto& [user, all] : uses.by_package) {
    numbers.emplace(user, 0);
    for (const PackageId& used : all) numbers.emplace(used, 0);
  }
  WireWriter writer;
  writer.DigestMessage(kPlan, plan);
  uint64_t next = 0;
  for (auto& [package, number] : numbers) {
    number = next++;
    writer.Message(kPackage, WireWriter().Bytes(kRepo, package.repo()).Bytes(kPath, package.path()).bytes());
  }
  for (const auto& [user, all] : uses.by_package) {
    WireWriter used_by;
    for (const PackageId& used : all) used_by.Message(kUsed, Number(numbers.at(used)));
    writer.Message(kUser, Number(numbers.at(user)) + used_by.bytes());
  }
  for (const PackageId& used : uses.by_all) writer.Message(kByAll, Number(numbers.at(used)));
  return writer.Take();
}

absl::StatusOr<analysis::PackageUses> DecodeUses(std::string_view bytes, const Digest& plan) {
  analysis::PackageUses uses;
  std::vector<PackageId> packages;
  bool of_plan = false;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == kPlan) {
      COW_ASSIGN_OR_RETURN(Digest recorded, store::DecodeDigestMessage(reader.bytes()));
      of_plan = recorded == plan;
    } else if (reader.field() == kPackage) {
      COW_ASSIGN_OR_RETURN(PackageId package, DecodePackage(reader.bytes()));
      packages.push_back(std::move(package));
    } else {
      const int field = reader.field();
      COW_ASSIGN_OR_RETURN(std::vector<PackageId> found, DecodePackages(reader.bytes(), packages));
      if (found.empty()) return absl::DataLossError("no package");
      if (field == kByAll) {
        uses.by_all.insert(found.begin(), found.end());
      } else {
        uses.by_package[found.front()].insert(found.begin() + 1, found.end());
      }
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  if (!of_plan) return absl::DataLossError("of another plan");
  return uses;
}

}  // namespace cow::driver
