// launch RESULT PROGRAM [ARGUMENT...]: runs a program and writes what it took to the file RESULT, in
// one line:
//
//   wall nanoseconds, CPU microseconds (user and system, of everything it waited for), peak KiB of
//   the program itself as seen every 10 ms (0 if it was too quick), peak KiB of it and everything it
//   waited for, exit code
//
// A small program of its own, because a measurement from within Python begins with the memory and
// the start-up of Python.
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long Now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long PeakKiB(pid_t pid) {
  char path[64], line[256];
  long peak = 0;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  while (!peak && fgets(line, sizeof line, f)) sscanf(line, "VmHWM: %ld", &peak);
  fclose(f);
  return peak;
}

// Ctrl-C reaches the program as well; this one stays to write down how it ended.
static int Start(char **argv, const sigset_t *mask, pid_t *pid) {
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, mask);
  return posix_spawnp(pid, argv[0], NULL, &attributes, argv, environ);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: launch RESULT PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  sigset_t child_ends, before;
  sigemptyset(&child_ends);
  sigaddset(&child_ends, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ends, &before);
  signal(SIGINT, SIG_IGN);

  const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
  const long long start = Now();
  pid_t pid;
  const int error = Start(argv + 2, &before, &pid);
  if (error) {
    fprintf(stderr, "launch: %s: %s\n", argv[2], strerror(error));
    return 127;
  }
  long peak = 0;
  int status;
  struct rusage usage;
  while (wait4(pid, &status, WNOHANG, &usage) == 0) {
    if (sigtimedwait(&child_ends, NULL, &pause) >= 0) continue;
    const long now = PeakKiB(pid);
    if (now > peak) peak = now;
  }
  const long long wall = Now() - start;

  const long long cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
                        usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  FILE *result = fopen(argv[1], "w");
  if (!result ||
      fprintf(result, "%lld %lld %ld %ld %d\n", wall, cpu, peak, usage.ru_maxrss, code) < 0 ||
      fclose(result)) {
    perror(argv[1]);
    return 127;
  }
  return code;
}
