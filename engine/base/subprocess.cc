#include "engine/base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

extern char** environ;

namespace cow {
namespace {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

absl::StatusOr<Pipe> MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return ErrnoStatus(errno, "pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// posix_spawn's helper objects, destroyed on every path.
struct SpawnPlan {
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Feeds stdin and drains both outputs until the child has closed them.
absl::Status Pump(UniqueFd in, std::string_view stdin_text, UniqueFd out, UniqueFd err,
                  SubprocessResult* result) {
  while (in.valid() || out.valid() || err.valid()) {
    if (in.valid() && stdin_text.empty()) in.Reset();
    pollfd fds[3] = {{in.get(), POLLOUT, 0}, {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}};
    if (!in.valid() && !out.valid() && !err.valid()) break;
    if (poll(fds, 3, -1) < 0 && errno != EINTR) return ErrnoStatus(errno, "poll");
    if (in.valid() && fds[0].revents != 0) {
      ssize_t n = write(in.get(), stdin_text.data(), stdin_text.size());
      if (n > 0) stdin_text.remove_prefix(static_cast<size_t>(n));
      if (n < 0 && errno != EINTR) in.Reset();
    }
    auto drain = [](UniqueFd* fd, short events, std::string* text) {
      if (!fd->valid() || events == 0) return;
      char buffer[65536];
      ssize_t n = read(fd->get(), buffer, sizeof(buffer));
      if (n > 0) text->append(buffer, static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno != EINTR)) fd->Reset();
    };
    drain(&out, fds[1].revents, &result->out);
    drain(&err, fds[2].revents, &result->err);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return FileExists(program) ? absl::StatusOr<std::string>(program)
                               : absl::NotFoundError(absl::StrCat("no program '", program, "'"));
  }
  for (absl::string_view folder : absl::StrSplit(GetEnv("PATH"), ':', absl::SkipEmpty())) {
    std::string path = absl::StrCat(folder, "/", program);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return absl::NotFoundError(absl::StrCat("no program '", program, "' in PATH"));
}

absl::StatusOr<SubprocessResult> RunSubprocess(const SubprocessOptions& options) {
  COW_ASSIGN_OR_RETURN(std::string program, FindProgram(options.argv.at(0)));
  COW_ASSIGN_OR_RETURN(Pipe in, MakePipe());
  COW_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  COW_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  fcntl(in.write_end.get(), F_SETFL, O_NONBLOCK);

  SpawnPlan plan;
  posix_spawn_file_actions_adddup2(&plan.actions, in.read_end.get(), 0);
  if (!options.inherit_output) {
    posix_spawn_file_actions_adddup2(&plan.actions, out.write_end.get(), 1);
    posix_spawn_file_actions_adddup2(&plan.actions, err.write_end.get(), 2);
  }
  if (!options.working_directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&plan.actions, options.working_directory.c_str());
  }
  std::vector<char*> argv = Pointers(options.argv);
  std::vector<char*> env = Pointers(options.env);
  pid_t pid = 0;
  int error = posix_spawn(&pid, program.c_str(), &plan.actions, &plan.attributes, argv.data(),
                          options.replace_env ? env.data() : environ);
  if (error != 0) return ErrnoStatus(error, absl::StrCat("starting ", program));
  in.read_end.Reset();
  out.write_end.Reset();
  err.write_end.Reset();

  SubprocessResult result;
  absl::Status pumped = Pump(std::move(in.write_end), options.stdin_text, std::move(out.read_end),
                             std::move(err.read_end), &result);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  COW_RETURN_IF_ERROR(pumped);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace cow
