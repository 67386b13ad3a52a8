// For tests only: a sandbox client with a temporary directory to take inputs from, and actions that
// run tests/support/sandbox_probe.cc.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/execution/sandbox_client.h"
#include "gtest/gtest.h"

namespace cow::execution {

class SandboxFixture : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::string temp = GetEnv("TMPDIR").empty() ? "/tmp" : GetEnv("TMPDIR");
    absl::StatusOr<std::string> made = MakeTempDirectory(temp + "/cow-sandbox-test-");
    ASSERT_TRUE(made.ok()) << made.status();
    directory_ = new std::string(*made);
    absl::StatusOr<std::unique_ptr<SandboxClient>> client = SandboxClient::Start(Options());
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = client->release();
  }

  static void TearDownTestSuite() {
    delete client_;
    client_ = nullptr;
    EXPECT_TRUE(RemoveTree(*directory_).ok());
    delete directory_;
  }

  static SandboxClient::Options Options() {
    return {.helper_program = COW_BIN_DIR "/cow-sandbox",
            .source_roots = {*directory_},
            .scratch_directory = *directory_};
  }

  static SandboxClient& client() { return *client_; }
  static const std::string& directory() { return *directory_; }

  // A file of the host with these bytes, as an input at `path`.
  static SandboxInput File(const std::string& path, const std::string& bytes) {
    const std::string source = absl::StrCat(directory(), "/cas-", Digest::Of(bytes).hex());
    if (!FileExists(source)) {
      EXPECT_TRUE(WriteFile(source, bytes, 0444).ok());
    }
    return {.path = path, .source = source, .digest = Digest::Of(bytes)};
  }

  // A fresh empty directory of the host, writable for the action at `path`.
  static SandboxWritable Writable(const std::string& path) {
    absl::StatusOr<std::string> made = MakeTempDirectory(directory() + "/scratch-");
    EXPECT_TRUE(made.ok()) << made.status();
    return {.path = path, .source = *made};
  }

  // An action that makes these attempts: "read /etc/shadow", "write out/x text".
  static SandboxRequest Probe(const std::vector<std::string>& attempts) {
    static const std::string* const kProgram = [] {
      absl::StatusOr<std::string> bytes = ReadFile(COW_BIN_DIR "/../tests/sandbox_probe");
      EXPECT_TRUE(bytes.ok()) << bytes.status();
      return new std::string(*bytes);
    }();
    SandboxRequest request;
    request.argv = {"./probe"};
    for (const std::string& attempt : attempts) {
      for (const std::string_view word : absl::StrSplit(attempt, ' ')) {
        request.argv.emplace_back(word);
      }
      request.argv.emplace_back(",");
    }
    request.env = {"PATH=/usr/bin:/bin"};
    request.inputs.push_back(File("probe", *kProgram));
    request.inputs.back().executable = true;
    return request;
  }

  struct Ran {
    SandboxResult result;
    std::string out;
    std::vector<std::string> lines;  // of out
  };

  // Runs it and keeps what it prints; adds a test failure if it could not be run.
  static Ran Run(SandboxRequest request, std::stop_token stop = {}) {
    return RunIn(client(), std::move(request), std::move(stop));
  }

  static Ran RunIn(SandboxClient& client, SandboxRequest request, std::stop_token stop = {}) {
    const UniqueFd output(memfd_create("output", MFD_CLOEXEC));
    request.stdout_fd = output.get();
    request.stderr_fd = output.get();
    absl::StatusOr<SandboxResult> result = client.Run(request, std::move(stop));
    Ran ran;
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) return ran;
    ran.result = *result;
    lseek(output.get(), 0, SEEK_SET);
    absl::StatusOr<std::string> out = ReadFd(output.get());
    EXPECT_TRUE(out.ok()) << out.status();
    ran.out = *out;
    ran.lines = absl::StrSplit(absl::StripSuffix(ran.out, "\n"), '\n');
    return ran;
  }

  // The status of a request that must not succeed.
  static absl::Status Refusal(SandboxRequest request) {
    const UniqueFd output(memfd_create("output", MFD_CLOEXEC));
    request.stdout_fd = output.get();
    request.stderr_fd = output.get();
    return client().Run(request).status();
  }

  static std::vector<std::string> Attempt(const std::vector<std::string>& attempts) {
    return Run(Probe(attempts)).lines;
  }

 private:
  static inline SandboxClient* client_ = nullptr;
  static inline std::string* directory_ = nullptr;
};

}  // namespace cow::execution
