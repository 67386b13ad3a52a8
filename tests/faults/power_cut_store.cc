// Writes numbered records and blobs into a cache until it is stopped, or looks at what a power cut
// left of them.
//
//   power_cut_store write CACHE BOOT    prints how many records were committed, a line for each
//   commit power_cut_store check CACHE BOOT    prints how many there are, or "BROKEN" and what is
//   wrong
//
// Record i holds the digest of blob i, which was stored before. Sound is: the records 0 to n-1,
// each once and with its value, for some n, and no blob that is given out under a digest it does
// not have.
#include <cstdio>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/cas.h"
#include "engine/store/local_store.h"

namespace cow::store {
namespace {

constexpr int kBatch = 20;

std::string KeyOf(int number) { return absl::StrCat("record ", number); }
std::string BlobOf(int number) {
  return absl::StrCat("blob ", number, " ", std::string(3000, 'x'));
}

int Write(LocalStore& store) {
  int number = 0;
  while (store.database->Get(Table::kMeta, KeyOf(number)).value_or(std::nullopt)) ++number;
  for (;;) {
    for (int i = 0; i < kBatch; ++i, ++number) {
      absl::StatusOr<Digest> digest = store.cas->Put(BlobOf(number));
      if (!digest.ok()) return 1;
      store.database->Put(Table::kMeta, KeyOf(number), digest->hex());
    }
    if (!store.database->Flush().ok()) return 1;
    std::printf("%d\n", number);
    std::fflush(stdout);
  }
}

int Broken(const std::string& why) {
  std::printf("BROKEN %s\n", why.c_str());
  return 0;
}

int Check(LocalStore& store) {
  int found = 0;
  absl::StatusOr<int64_t> damaged = store.database->ForEach(
      Table::kMeta,
      [&](std::string_view key, std::string_view) { found += key.starts_with("record "); });
  if (!damaged.ok()) return Broken(std::string(damaged.status().message()));
  if (*damaged != 0) return Broken(absl::StrCat(*damaged, " damaged records"));
  for (const std::string& warning : store.database->warnings()) return Broken(warning);
  for (int i = 0; i < found; ++i) {
    const std::string bytes = BlobOf(i);
    const Digest digest = Digest::Of(bytes);
    absl::StatusOr<std::optional<std::string>> value = store.database->Get(Table::kMeta, KeyOf(i));
    if (!value.ok() || !value->has_value())
      return Broken(absl::StrCat("record ", i, " of ", found, " is missing"));
    if (**value != digest.hex()) return Broken(absl::StrCat("record ", i, " holds something else"));
    // PathOf() is what a build trusts; the bytes are read behind its back.
    absl::StatusOr<std::string> path = store.cas->PathOf(digest);
    if (path.ok() && ReadFile(*path).value_or("") != bytes)
      return Broken(absl::StrCat("blob ", i, " is trusted and is not what its name says"));
    if (!path.ok() && !IsMiss(path.status())) return Broken(std::string(path.status().message()));
  }
  std::printf("%d\n", found);
  return 0;
}

int Main(int argc, char** argv) {
  if (argc != 4) return 2;
  absl::StatusOr<std::unique_ptr<LocalStore>> store =
      LocalStore::Open(argv[2], {.map_size = 256 << 20, .boot_id = argv[3]});
  if (!store.ok()) return Broken(std::string(store.status().message()));
  return std::string(argv[1]) == "write" ? Write(**store) : Check(**store);
}

}  // namespace
}  // namespace cow::store

int main(int argc, char** argv) { return cow::store::Main(argc, argv); }
