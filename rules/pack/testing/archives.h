// Test support: archives made and listed in memory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/deb/ar.h"
#include "rules/pack/io/byte_source.h"
#include "rules/pack/tar/tar_reader.h"
#include "rules/pack/tar/tar_writer.h"

namespace cow::pack {

using EntryList = std::vector<std::pair<TarEntry, std::string>>;

inline TarEntry TestFile(std::string name, uint32_t mode = 0644) {
  TarEntry entry;
  entry.name = std::move(name);
  entry.mode = mode;
  return entry;
}

inline TarEntry TestLink(TarType type, std::string name, std::string target) {
  TarEntry entry;
  entry.name = std::move(name);
  entry.type = type;
  entry.link_target = std::move(target);
  return entry;
}

inline TarEntry TestDirectory(std::string name) {
  TarEntry entry;
  entry.name = std::move(name);
  entry.type = TarType::kDirectory;
  entry.mode = 0755;
  return entry;
}

inline std::string MakeTar(TarFormat format, const EntryList& entries) {
  StringSink sink;
  TarWriter writer(format, sink);
  for (const auto& [entry, bytes] : entries) {
    absl::Status status =
        entry.type == TarType::kFile ? writer.AddFile(entry, *BytesContent(bytes)) : writer.Add(entry);
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(writer.Finish().ok());
  return sink.bytes();
}

// Everything in a tar, or why it cannot be read.
inline absl::StatusOr<EntryList> ReadTar(std::string_view bytes, TarLimits limits = {}) {
  StringSource source(bytes);
  TarReader reader(source, limits);
  EntryList entries;
  while (true) {
    absl::StatusOr<std::optional<TarEntry>> entry = reader.Next();
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) return entries;
    absl::StatusOr<std::string> content = ReadAll(reader, 1 << 24);
    if (!content.ok()) return content.status();
    entries.emplace_back(**entry, *content);
  }
}

// One line an entry: mode, owner, size, name and target.
inline std::string Manifest(const EntryList& entries) {
  std::string text;
  for (const auto& [entry, bytes] : entries) {
    absl::StrAppend(&text, absl::StrFormat("%04o %d:%d %d %s", entry.mode, entry.uid, entry.gid, bytes.size(), entry.name),
                    entry.link_target.empty() ? "" : absl::StrCat(" -> ", entry.link_target), "\n");
  }
  return text;
}

inline std::string Decompressed(const std::string& bytes) {
  StringSource source(bytes);
  absl::StatusOr<std::unique_ptr<ByteSource>> plain = NewDecompressor(source);
  EXPECT_TRUE(plain.ok());
  absl::StatusOr<std::string> all = ReadAll(**plain, 1 << 26);
  EXPECT_TRUE(all.ok()) << all.status();
  return all.value_or("");
}

// A .deb of the given data tar with a minimal control file.
inline std::string MakeDeb(const std::string& data_tar, Compression compression = Compression::kNone,
                           std::string_view suffix = "") {
  std::string control = MakeTar(
      TarFormat::kGnu,
      {{TestFile("./control"), "Package: sample\nVersion: 1\nArchitecture: all\n"}, {TestFile("./md5sums"), ""}});
  StringSink out;
  EXPECT_TRUE(BeginAr(out).ok());
  EXPECT_TRUE(AddArMember(out, "debian-binary", 0, "2.0\n").ok());
  EXPECT_TRUE(AddArMember(out, "control.tar.gz", 0, *Compress(Compression::kGzip, control)).ok());
  EXPECT_TRUE(AddArMember(out, absl::StrCat("data.tar", suffix), 0, *Compress(compression, data_tar)).ok());
  return out.bytes();
}

}  // namespace cow::pack
