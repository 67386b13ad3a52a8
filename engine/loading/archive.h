// Archives that repository rules unpack: tar (plain, gzip, bzip2, xz, zstd), zip and its relatives, ar and deb.
//
// The archive is believed in nothing: names and links stay inside of the directory; devices, pipes and encrypted
// entries are refused. Files become 0755 or 0644, by their owner's execute bit; owners, times and setuid are dropped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cow::loading {

struct ExtractOptions {
  std::string strip_prefix{};                         // entries that are not below it are left out
  std::map<std::string, std::string> rename_files{};  // path in the archive -> path to use, before the prefix is stripped
  int64_t max_bytes = int64_t{64} << 30;              // of all files
  int64_t max_entries = 2'000'000;
};

// Unpacks the file `archive` into `directory`, which exists. `shown`: how messages call the archive.
// kInvalidArgument: damaged, of no known kind, or refused. kNotFound: nothing has the prefix.
// kResourceExhausted: too large.
absl::Status ExtractArchive(const std::string& archive, std::string_view shown, const std::string& directory,
                            const ExtractOptions& options);

// Whether `name` (a file name or URL) or `type` ("tar.gz") is of a kind that can be unpacked. kInvalidArgument
// lists the kinds.
absl::Status CheckArchiveType(std::string_view name, std::string_view type);

}  // namespace cow::loading
