// VendorDirectory: files by hash in a directory that travels with the sources, for builds without a network.
//
//   DIR/MANIFEST        "<sha256> <size> <where it came from>", a line for each file, sorted
//   DIR/sha256/<hash>   the bytes
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

struct VendoredFile {
  Digest digest{};
  std::string source{};  // a URL without user and password; for people
};

// Immutable but for Add and Write, which one thread calls; everything else any thread.
class VendorDirectory {
 public:
  // Reads the manifest. kNotFound if there is none, kDataLoss if it is damaged.
  static absl::StatusOr<VendorDirectory> Open(const std::string& directory);
  // One that has nothing yet, or what its manifest says.
  static absl::StatusOr<VendorDirectory> OpenOrBegin(const std::string& directory);

  // The path of a file that should have this hash: the caller checks. kNotFound if the manifest does not name it.
  absl::StatusOr<std::string> Find(std::string_view sha256) const;

  // Copies the file at `path` in, unless it is there and sound.
  absl::Status Add(const VendoredFile& file, const std::string& path);
  // The manifest, after all files.
  absl::Status Write() const;

  // Reads every file; one message for each that is missing or has other bytes.
  std::vector<std::string> Check() const;

  const std::map<std::string, VendoredFile, std::less<>>& files() const { return files_; }

 private:
  explicit VendorDirectory(std::string directory) : directory_(std::move(directory)) {}

  std::string PathOf(std::string_view sha256) const;
  absl::Status ReadManifest(std::string_view text);
  absl::Status CheckFile(const VendoredFile& file) const;

  std::string directory_;
  std::map<std::string, VendoredFile, std::less<>> files_;  // by hash
};

}  // namespace cow::store
