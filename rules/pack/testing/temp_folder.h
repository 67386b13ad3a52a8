// Test support: a folder that is removed with its contents, and short forms for files in it.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "gtest/gtest.h"

namespace cow::pack {

class TempFolder {
 public:
  TempFolder() : path_(*MakeTempDirectory(testing::TempDir() + "/cow-pack-test-")) {}
  ~TempFolder() { (void)RemoveTree(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(std::string_view name) const { return JoinPath(path_, name); }

  // Writes a file with its parents and returns its path.
  std::string Write(std::string_view name, std::string_view bytes, uint32_t mode = 0644) const {
    std::string file = *this / name;
    COW_CHECK(MakeDirectories(std::string(PathDirname(file))).ok());
    COW_CHECK(WriteFile(file, bytes, mode).ok());
    return file;
  }

  std::string Read(std::string_view name) const {
    absl::StatusOr<std::string> bytes = ReadFile(*this / name);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.value_or("");
  }

 private:
  std::string path_;
};

}  // namespace cow::pack
