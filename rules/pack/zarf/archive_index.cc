#include "rules/pack/zarf/archive_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/tar/tar_reader.h"
#include "rules/pack/zarf/validate.h"

namespace cow::pack {
namespace {

constexpr int64_t kTextLimit = 4 << 20;

// Hashes what is read through it.
class HashingSource final : public ByteSource {
 public:
  explicit HashingSource(ByteSource& source) : source_(source) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    COW_ASSIGN_OR_RETURN(size_t n, source_.Read(buffer, size));
    hasher_.Update({buffer, n});
    return n;
  }
  Digest Finish() { return hasher_.Finish(); }

 private:
  ByteSource& source_;
  Sha256 hasher_;
};

class DiscardSink final : public ByteSink {
 public:
  absl::Status Write(std::string_view) override { return absl::OkStatus(); }
  absl::Status Finish() override { return absl::OkStatus(); }
};

absl::StatusOr<std::set<std::string>> EntryNames(ByteSource& source) {
  std::set<std::string> names;
  TarReader tar(source);
  while (true) {
    COW_ASSIGN_OR_RETURN(auto entry, tar.Next());
    if (!entry.has_value()) return names;
    COW_RETURN_IF_ERROR(CheckExtractableName(entry->name));
    if (!names.insert(entry->name).second) {
      return absl::InvalidArgumentError(absl::StrCat("'", entry->name, "' is in it twice"));
    }
  }
}

absl::Status ReadFileEntry(const TarEntry& entry, TarReader& tar, ArchiveIndex& index) {
  HashingSource source(tar);
  if (entry.name.starts_with("components/") && entry.name.ends_with(".tar")) {
    std::string component = entry.name.substr(11, entry.name.size() - 15);
    absl::StatusOr<std::set<std::string>> names = EntryNames(source);
    if (!names.ok()) return Annotate(names.status(), entry.name);
    index.component_entries[component] = *std::move(names);
  } else if (entry.size <= kTextLimit) {
    COW_ASSIGN_OR_RETURN(index.texts[entry.name], ReadAll(source, kTextLimit));
  }
  DiscardSink rest;
  COW_RETURN_IF_ERROR(CopyAll(source, rest));
  if (!index.files.emplace(entry.name, source.Finish()).second) {
    return absl::InvalidArgumentError(absl::StrCat("'", entry.name, "' is in the archive twice"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ArchiveIndex> ReadZarfArchive(const std::string& file) {
  COW_ASSIGN_OR_RETURN(auto raw, FileSource::Open(file));
  COW_ASSIGN_OR_RETURN(auto plain, NewDecompressor(*raw));
  TarReader tar(*plain);
  ArchiveIndex index;
  while (true) {
    COW_ASSIGN_OR_RETURN(auto entry, tar.Next());
    if (!entry.has_value()) return index;
    COW_RETURN_IF_ERROR(CheckExtractableName(entry->name));
    if (entry->type == TarType::kFile) {
      COW_RETURN_IF_ERROR(ReadFileEntry(*entry, tar, index));
    } else if (entry->type != TarType::kDirectory) {
      return absl::InvalidArgumentError(absl::StrCat("'", entry->name, "' is a link"));
    } else if ((entry->mode & 0700) != 0700) {
      return absl::InvalidArgumentError(absl::StrCat("directory '", entry->name, "' is not writable by its owner"));
    }
  }
}

}  // namespace cow::pack
