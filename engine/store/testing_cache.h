// For tests: a cache in a directory of its own, removed at the end, and work done in other processes.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>

#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/local_store.h"

namespace cow::store {

class TestingDir {
 public:
  TestingDir() {
    absl::StatusOr<std::string> made = MakeTempDirectory("/tmp/cow-store-test-");
    COW_CHECK(made.ok());
    path_ = *made;
  }
  ~TestingDir() { RemoveTree(path_).IgnoreError(); }
  TestingDir(const TestingDir&) = delete;
  TestingDir& operator=(const TestingDir&) = delete;

  const std::string& path() const { return path_; }

  // Writes a file below the directory and returns its path.
  std::string Write(const std::string& name, std::string_view bytes, uint32_t mode = 0644) const {
    std::string path = path_ + "/" + name;
    COW_CHECK(MakeDirectories(path.substr(0, path.rfind('/'))).ok());
    COW_CHECK(WriteFile(path, bytes, mode).ok());
    return path;
  }

 private:
  std::string path_;
};

// Opens the cache as if in the boot of this name.
inline std::unique_ptr<LocalStore> OpenTestingStore(const TestingDir& dir, std::string boot = "boot-a") {
  absl::StatusOr<std::unique_ptr<LocalStore>> store =
      LocalStore::Open(dir.path() + "/cache", {.map_size = 64 << 20, .boot_id = std::move(boot)});
  COW_CHECK(store.ok());
  return *std::move(store);
}

// Runs `work` in a child process, which must be made before this process opens a database. The child ends without
// destructors, as if killed.
inline pid_t StartProcess(const std::function<void()>& work) {
  pid_t pid = fork();
  COW_CHECK(pid >= 0);
  if (pid == 0) {
    work();
    _exit(0);
  }
  return pid;
}

inline int WaitForProcess(pid_t pid) {
  int status = 0;
  COW_CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

}  // namespace cow::store
