// cow-cache: see HelpText.
#include <grpc/support/log.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "remote-cache/server/server.h"

namespace cow::cache {
namespace {

constexpr int kDamaged = 1;
constexpr int kBadCommandLine = 2;
constexpr int kMachine = 36;

int Fail(const absl::Status& status) {
  std::cerr << "cow-cache: error: " << status.message() << "\n";
  return kMachine;
}

// gRPC's own complaints are about peers; ours say more.
void DropLog(gpr_log_func_args*) {}

sigset_t WatchedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

int Serve(const Options& options) {
  gpr_set_log_function(DropLog);
  signal(SIGPIPE, SIG_IGN);  // TLS writes to sockets whose peer is gone
  const sigset_t signals = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  if (!server.ok()) return Fail(server.status());
  for (const std::string& warning : (*server)->warnings()) std::cerr << "cow-cache: warning: " << warning << "\n";
  const std::string ports = absl::StrCat("grpc ", (*server)->grpc_port(), "\nhttp ", (*server)->http_port(), "\n");
  std::cerr << absl::StrCat("cow-cache: serving ", options.directory, ", gRPC port ", (*server)->grpc_port(),
                            ", HTTP port ", (*server)->http_port(), "; anonymous: ", RoleName(options.anonymous_role()), "\n");
  if (!options.port_file.empty()) {
    const absl::Status status = WriteFileAtomically(options.port_file, ports);
    if (!status.ok()) return Fail(status);
  }
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    const absl::Status status = (*server)->ReloadAccess();
    std::cerr << (status.ok() ? "cow-cache: read the access file again\n"
                              : absl::StrCat("cow-cache: error: ", status.message(), "; the old one stays\n"));
  }
  // A second signal ends it at once, which is always safe.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  (*server)->Drain();
  absl::SleepFor(options.drain);
  (*server)->Stop(absl::Seconds(30));
  return 0;
}

int Maintain(const Options& options) {
  StorageOptions storage_options;
  storage_options.directory = options.directory;
  storage_options.max_bytes = options.max_bytes;
  storage_options.hard_max_bytes = options.hard_max_bytes;
  storage_options.works_alone = false;
  absl::StatusOr<std::unique_ptr<BlobStorage>> storage = BlobStorage::Open(std::move(storage_options));
  if (!storage.ok()) return Fail(storage.status());
  if (options.command == Options::Command::kCheck) {
    int64_t blobs = 0;
    int64_t bytes = 0;
    absl::StatusOr<int64_t> damaged = (*storage)->Verify([&](int64_t seen, int64_t seen_bytes) {
      blobs = seen;
      bytes = seen_bytes;
      if (isatty(STDERR_FILENO) != 0 && seen % 1000 == 0) std::cerr << "\r" << seen << " blobs" << std::flush;
    });
    if (!damaged.ok()) return Fail(damaged.status());
    std::cout << absl::StrCat(blobs, " blobs, ", bytes, " bytes, ", *damaged, " damaged and dropped\n");
    return *damaged == 0 ? 0 : kDamaged;
  }
  if (options.command == Options::Command::kGc) {
    absl::StatusOr<int64_t> orphans = (*storage)->SweepOrphans();
    if (!orphans.ok()) return Fail(orphans.status());
    const absl::Status status = options.bounded ? (*storage)->ShrinkTo(options.max_bytes) : absl::OkStatus();
    if (!status.ok()) return Fail(status);
    const StorageStatistics now = (*storage)->statistics();
    std::cout << absl::StrCat(*orphans, " orphans and ", now.evicted_blobs, " blobs removed, ", now.used_bytes, " bytes left\n");
    return 0;
  }
  std::cout << absl::StrCat((*storage)->statistics().used_bytes, " bytes on disk\n");
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  absl::StatusOr<Options> options = ParseOptions(arguments);
  if (!options.ok()) {
    std::cerr << "cow-cache: error: " << options.status().message() << "; see cow-cache --help\n";
    return kBadCommandLine;
  }
  switch (options->command) {
    case Options::Command::kHelp: std::cout << HelpText(); return 0;
    case Options::Command::kVersion: std::cout << "cow-cache 0.1.0\n"; return 0;
    case Options::Command::kServe: return Serve(*options);
    default: return Maintain(*options);
  }
}

}  // namespace
}  // namespace cow::cache

int main(int argc, char** argv) { return cow::cache::Main({argv + 1, argv + argc}); }
