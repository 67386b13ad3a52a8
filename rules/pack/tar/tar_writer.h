// TarWriter: writes tar archives whose bytes depend on nothing but the entries.
//
// kPax is for OCI layers, charts and Zarf: ustar, with a pax record only for a value that ustar cannot hold.
// kGnu is for Debian packages: dpkg refuses pax records, so long names become GNU L and K records.
// One thread at a time; the sink stays the caller's.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rules/pack/io/byte_sink.h"
#include "rules/pack/io/content.h"
#include "rules/pack/tar/tar_entry.h"

namespace cow::pack {

enum class TarFormat { kPax, kGnu };

class TarWriter {
 public:
  TarWriter(TarFormat format, ByteSink& sink) : format_(format), sink_(sink) {}

  // A directory, symlink or hard link, or an empty file.
  absl::Status Add(const TarEntry& entry);
  // A file; entry.size is taken from the content.
  absl::Status AddFile(TarEntry entry, const Content& content);
  // The two zero blocks. The sink is not finished.
  absl::Status Finish();

 private:
  absl::Status WriteHeader(const TarEntry& entry);
  absl::Status WritePaxRecords(const TarEntry& entry);
  absl::Status WriteGnuLongText(char type, std::string_view text);
  absl::Status WriteBlock(const TarEntry& entry, char type, std::string_view name, std::string_view prefix);
  absl::Status Pad(int64_t size);

  TarFormat format_;
  ByteSink& sink_;
};

}  // namespace cow::pack
