// Measures what a sandbox costs over a bare posix_spawn of the same static program.
//
//   sandbox_bench <cow-sandbox> <static program> [repetitions]
//
// The kinds alternate, so that a slow moment of the machine hits all of them; prints medians.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/execution/sandbox_client.h"

namespace cow::execution {
namespace {

struct Kind {
  const char* name;
  std::function<void()> run;
  std::vector<double> microseconds{};
};

void SpawnBare(const std::string& program) {
  std::string name = "program";
  char* argv[] = {name.data(), nullptr};
  char* env[] = {nullptr};
  pid_t pid = -1;
  if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, env) != 0) abort();
  waitpid(pid, nullptr, 0);
}

absl::Status Measure(const std::string& helper, const std::string& program, int repetitions) {
  COW_ASSIGN_OR_RETURN(const std::string directory, MakeTempDirectory("/tmp/sandbox-bench-"));
  const std::string tree = directory + "/tree";
  COW_RETURN_IF_ERROR(MakeDirectories(tree + "/bin"));
  COW_RETURN_IF_ERROR(CopyFile(program, tree + "/bin/program", 0555));
  COW_RETURN_IF_ERROR(MakeDirectories(directory + "/out"));
  const std::string bytes(8192, 'x');
  COW_RETURN_IF_ERROR(WriteFile(directory + "/blob", bytes));

  const absl::Time start = absl::Now();
  COW_ASSIGN_OR_RETURN(const std::unique_ptr<SandboxClient> client,
                       SandboxClient::Start({.helper_program = helper,
                                             .source_roots = {directory},
                                             .scratch_directory = directory}));
  printf("start of the helper and trial action: %.0f us, tier %s\n",
         absl::ToDoubleMicroseconds(absl::Now() - start), client->tier().c_str());

  SandboxRequest empty;
  empty.argv = {"/bin/program"};
  empty.host_tree = tree;
  const UniqueFd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  empty.stdout_fd = empty.stderr_fd = null.get();
  SandboxRequest writing = empty;
  writing.writable.push_back({.path = "out", .source = directory + "/out"});
  SandboxRequest filled = writing;
  for (int i = 0; i < 100; ++i) {
    filled.inputs.push_back({.path = absl::StrCat("in/file", i),
                             .source = directory + "/blob",
                             .digest = Digest::Of(bytes)});
  }
  const auto run = [&](const SandboxRequest& request) {
    const absl::StatusOr<SandboxResult> result = client->Run(request);
    if (!result.ok() || result->exit_code != 0) abort();
  };
  Kind kinds[] = {{"posix_spawn", [&] { SpawnBare(tree + "/bin/program"); }},
                  {"sandbox, empty", [&] { run(empty); }},
                  {"sandbox, one output directory", [&] { run(writing); }},
                  {"sandbox, the same and 100 inputs of 8 KiB", [&] { run(filled); }}};
  for (int i = 0; i < repetitions; ++i) {
    for (Kind& kind : kinds) {
      const absl::Time before = absl::Now();
      kind.run();
      kind.microseconds.push_back(absl::ToDoubleMicroseconds(absl::Now() - before));
    }
  }
  for (Kind& kind : kinds) {
    std::sort(kind.microseconds.begin(), kind.microseconds.end());
    printf("%-42s median %5.0f us, fastest %5.0f us\n", kind.name,
           kind.microseconds[kind.microseconds.size() / 2], kind.microseconds[0]);
  }
  return RemoveTree(directory);
}

}  // namespace
}  // namespace cow::execution

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: sandbox_bench <cow-sandbox> <static program> [repetitions]\n");
    return 2;
  }
  const absl::Status status =
      cow::execution::Measure(argv[1], argv[2], argc > 3 ? std::max(1, atoi(argv[3])) : 1000);
  if (status.ok()) return 0;
  fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}
