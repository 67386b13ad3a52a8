#include "engine/sandbox/process_sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace cow::sandbox {
namespace {

constexpr int kMaxRounds = 20000;

// The parent of a process, from its line in /proc; 0 if it is gone. The name in it may hold anything.
pid_t ParentOf(const char* pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[512];
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  const char* const name_end = strrchr(text, ')');
  int parent = 0;
  if (name_end == nullptr || sscanf(name_end, ") %*c %d", &parent) != 1) return 0;
  return parent;
}

void ForEachChild(void (*visit)(pid_t child, int signal), int signal) {
  DIR* const proc = opendir("/proc");
  if (proc == nullptr) return;
  const pid_t self = getpid();
  while (const dirent* entry = readdir(proc)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (ParentOf(entry->d_name) == self) visit(atoi(entry->d_name), signal);
  }
  closedir(proc);
}

}  // namespace

bool AdoptOrphans() { return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0; }

// A killed child's own children become ours at once: in the end nobody is left to fork.
bool KillDescendants() {
  for (int round = 0; round < kMaxRounds; ++round) {
    ForEachChild([](pid_t child, int signal) { kill(child, signal); }, SIGKILL);
    pid_t reaped;
    while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD) return true;
    const timespec moment = {.tv_sec = 0, .tv_nsec = 200000};
    nanosleep(&moment, nullptr);
  }
  return false;
}

void SignalDescendants(int signal) {
  ForEachChild(
      [](pid_t child, int what) {
        kill(child, what);
        kill(-child, what);
      },
      signal);
}

}  // namespace cow::sandbox
