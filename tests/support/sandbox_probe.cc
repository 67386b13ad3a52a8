// A program that tries, inside a sandbox, what it is told to, and prints how the system answered.
//
//   sandbox_probe read /etc/shadow , write in.txt , socket inet
//
// prints one line per attempt: "ok", what was found, or the name of the error. Static, so that it
// runs in an empty root. Used by engine/execution/sandbox_*_test.cc.

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

std::string Answer(long result) {
  return result < 0 ? strerrorname_np(errno) : "ok";
}

std::string ReadAll(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY);
  if (fd < 0) return strerrorname_np(errno);
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<size_t>(got));
  const std::string error = got < 0 ? strerrorname_np(errno) : "";
  close(fd);
  return error.empty() ? text : error;
}

std::string Write(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) return strerrorname_np(errno);
  const std::string answer = Answer(write(fd, text.data(), text.size()));
  close(fd);
  return answer;
}

std::string Append(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND);
  if (fd < 0) return strerrorname_np(errno);
  const std::string answer = Answer(write(fd, text.data(), text.size()));
  close(fd);
  return answer;
}

std::string List(const std::string& path) {
  DIR* const directory = opendir(path.c_str());
  if (directory == nullptr) return strerrorname_np(errno);
  Words names;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string Status(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return strerrorname_np(errno);
  char text[64];
  snprintf(text, sizeof text, "%o %lld", info.st_mode, static_cast<long long>(info.st_mtime));
  return text;
}

std::string Socket(const std::string& family) {
  const std::map<std::string, int> kFamilies = {
      {"unix", AF_UNIX},       {"inet", AF_INET},   {"inet6", AF_INET6}, {"netlink", AF_NETLINK},
      {"packet", AF_PACKET},   {"vsock", AF_VSOCK}, {"alg", AF_ALG}};
  return Answer(socket(kFamilies.at(family), SOCK_STREAM, 0));
}

sockaddr_un AbstractAddress(const std::string& name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path + 1, name.data(), name.size());
  return address;
}

std::string AbstractListen(const std::string& name) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = AbstractAddress(name);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return strerrorname_np(errno);
  }
  return Answer(listen(fd, 5));
}

std::string AbstractConnect(const std::string& name) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = AbstractAddress(name);
  return Answer(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

// Leaves a process behind that ignores SIGTERM and writes to `path` for ever.
std::string Daemonize(const std::string& path) {
  if (fork() == 0) {
    setsid();
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (fork() != 0) _exit(0);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    for (;;) {
      if (write(fd, "x", 1) < 0) _exit(1);
      usleep(5000);
    }
  }
  struct stat info;
  while (stat(path.c_str(), &info) != 0 || info.st_size == 0) usleep(1000);
  return "ok";
}

std::string ForkBomb(const std::string& count) {
  for (int i = atoi(count.c_str()); i > 0; --i) {
    const pid_t pid = fork();
    if (pid < 0) return strerrorname_np(errno);
    if (pid != 0) continue;
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  return "ok";
}

// Allocates and touches so many MiB.
std::string Eat(const std::string& megabytes) {
  for (int i = atoi(megabytes.c_str()); i > 0; --i) {
    void* const block = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return strerrorname_np(errno);
    memset(block, 1, 1 << 20);
  }
  return "ok";
}

// In a child of its own; says how that ended.
std::string EatInChild(const std::string& megabytes) {
  const pid_t pid = fork();
  if (pid == 0) _exit(Eat(megabytes) == "ok" ? 0 : 1);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? "killed" : std::to_string(WEXITSTATUS(status));
}

std::string Print(const std::string& bytes) {
  const std::string block(1000, 'p');
  for (long left = atol(bytes.c_str()); left > 0; left -= 1000) {
    if (write(1, block.data(), block.size()) < 0) return strerrorname_np(errno);
  }
  return "";
}

// A file of so many MiB.
std::string Fill(const std::string& path, const std::string& megabytes) {
  const std::string block(1 << 20, 'f');
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT, 0666);
  for (int i = atoi(megabytes.c_str()); i > 0; --i) {
    if (write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) return strerrorname_np(errno);
  }
  close(fd);
  return "ok";
}

std::string WhoAmI() {
  utsname names;
  uname(&names);
  char directory[4096] = "";
  return std::to_string(getuid()) + ":" + std::to_string(getgid()) + " " + names.nodename + " " +
         (getcwd(directory, sizeof directory) != nullptr ? directory : "?");
}

std::string SharedMemory(const std::string& key) {
  const int id = shmget(static_cast<key_t>(atoi(key.c_str())), 4096, 0600);
  if (id >= 0) return "ok";
  const std::string error = strerrorname_np(errno);
  return shmget(static_cast<key_t>(atoi(key.c_str())), 4096, IPC_CREAT | 0600) >= 0
             ? "made after " + error
             : strerrorname_np(errno);
}

std::string CloneWith(unsigned long flags) {
  const long pid = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) _exit(0);
  return Answer(pid);
}

std::string Limit(const std::string& name) {
  rlimit limit;
  getrlimit(name == "core" ? RLIMIT_CORE : name == "fsize" ? RLIMIT_FSIZE : RLIMIT_NOFILE, &limit);
  return std::to_string(limit.rlim_cur);
}

std::string Privileged(const std::string& what) {
  if (what == "unshare") return Answer(unshare(CLONE_NEWUSER));
  if (what == "clone-user") return CloneWith(CLONE_NEWUSER);
  if (what == "clone-plain") return CloneWith(0);
  if (what == "clone3") return Answer(syscall(435, nullptr, 0));
  if (what == "mount") return Answer(mount("tmpfs", "/tmp", "tmpfs", 0, nullptr));
  if (what == "umount") return Answer(umount2("/build", MNT_DETACH));
  if (what == "chroot") return Answer(chroot("/tmp"));
  if (what == "io_uring") return Answer(syscall(SYS_io_uring_setup, 1, nullptr));
  if (what == "bpf") return Answer(syscall(SYS_bpf, 0, nullptr, 0));
  if (what == "keyctl") return Answer(syscall(SYS_keyctl, 0, -3, 0));
  if (what == "userfaultfd") return Answer(syscall(SYS_userfaultfd, 0));
  if (what == "perf") return Answer(syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
  if (what == "mknod") return Answer(mknod("/tmp/node", S_IFBLK | 0600, 0x800));
  if (what == "sethostname") return Answer(sethostname("x", 1));
  if (what == "tiocsti") return Answer(ioctl(0, TIOCSTI, "x"));
  if (what == "xattr") return Answer(setxattr("/tmp", "user.x", "y", 1, 0));
  if (what == "ptrace-init") return Answer(ptrace(PTRACE_ATTACH, 1, nullptr, nullptr));
#if defined(__x86_64__)
  if (what == "x32") return Answer(syscall(0x40000000 + SYS_getpid));
#endif
  return "unknown";
}

int FailedWait(const std::string& milliseconds) {
  timespec time = {atoi(milliseconds.c_str()) / 1000,
                   static_cast<long>(atoi(milliseconds.c_str()) % 1000) * 1000000};
  while (nanosleep(&time, &time) != 0) {
  }
  return 0;
}

// All below a directory in the order in which the file system lists it: names, modes, links, times and texts.
void Walk(const std::string& path, std::string* out) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return;
  char line[96];
  const bool on_disk = info.st_mtime > 946684800;  // an output directory of now
  snprintf(line, sizeof line, " %o %lu %ld %ld:", info.st_mode, static_cast<unsigned long>(info.st_nlink),
           on_disk ? -1 : static_cast<long>(info.st_size), on_disk ? -1 : static_cast<long>(info.st_mtime));
  *out += path + line + (S_ISREG(info.st_mode) && info.st_size < 100 ? ReadAll(path) : "") + ";";
  DIR* const directory = S_ISDIR(info.st_mode) ? opendir(path.c_str()) : nullptr;
  if (directory == nullptr) return;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") Walk(path + "/" + name, out);
  }
  closedir(directory);
}

std::string Try(const Words& words) {
  const std::string& verb = words[0];
  const std::string first = words.size() > 1 ? words[1] : "";
  const std::string second = words.size() > 2 ? words[2] : "";
  if (verb == "read") return ReadAll(first);
  if (verb == "write") return Write(first, second);
  if (verb == "append") return Append(first, second);
  if (verb == "list") return List(first);
  if (verb == "walk") {
    std::string all;
    Walk(first, &all);
    return all;
  }
  if (verb == "stat") return Status(first);
  if (verb == "access") return Answer(access(first.c_str(), F_OK));
  if (verb == "unlink") return Answer(unlink(first.c_str()));
  if (verb == "rmdir") return Answer(rmdir(first.c_str()));
  if (verb == "rename") return Answer(rename(first.c_str(), second.c_str()));
  if (verb == "symlink") return Answer(symlink(first.c_str(), second.c_str()));
  if (verb == "mknod") return Answer(mknod(first.c_str(), S_IFCHR | 0666, 0x103));
  if (verb == "setuid") return Answer(setuid(static_cast<uid_t>(atoi(first.c_str()))));
  if (verb == "kill-parent") return Answer(kill(getppid(), atoi(first.c_str())));
  if (verb == "mkdir") return Answer(mkdir(first.c_str(), 0777));
  if (verb == "link") return Answer(link(first.c_str(), second.c_str()));
  if (verb == "truncate") return Answer(truncate(first.c_str(), 0));
  if (verb == "chmod") {
    return Answer(chmod(first.c_str(), static_cast<mode_t>(strtol(second.c_str(), nullptr, 8))));
  }
  if (verb == "socket") return Socket(first);
  if (verb == "abstract-listen") return AbstractListen(first);
  if (verb == "abstract-connect") return AbstractConnect(first);
  if (verb == "daemonize") return Daemonize(first);
  if (verb == "fork-bomb") return ForkBomb(first);
  if (verb == "whoami") return WhoAmI();
  if (verb == "eat") return Eat(first);
  if (verb == "eat-in-child") return EatInChild(first);
  if (verb == "fill") return Fill(first, second);
  if (verb == "print") return Print(first);
  if (verb == "shared-memory") return SharedMemory(first);
  if (verb == "privileged") return Privileged(first);
  if (verb == "limit") return Limit(first);
  if (verb == "kill") return Answer(kill(atoi(first.c_str()), atoi(second.c_str())));
  if (verb == "getenv") return getenv(first.c_str()) != nullptr ? getenv(first.c_str()) : "unset";
  if (verb == "session") return getsid(0) == getpid() ? "own" : "other";
  if (verb == "no-randomize") {
    return (personality(0xffffffff) & ADDR_NO_RANDOMIZE) != 0 ? "ok" : "no";
  }
  if (verb == "sleep") return Answer(FailedWait(first));
  if (verb == "ignore-sigterm") return Answer(signal(SIGTERM, SIG_IGN) == SIG_ERR ? -1 : 0);
  if (verb == "exit") exit(atoi(first.c_str()));
  if (verb == "raise") return Answer(raise(atoi(first.c_str())));
  return "unknown attempt '" + verb + "'";
}

}  // namespace

int main(int argc, char** argv) {
  setvbuf(stdout, nullptr, _IOLBF, 4096);
  Words words;
  for (int i = 1; i <= argc; ++i) {
    if (i < argc && strcmp(argv[i], ",") != 0) {
      words.push_back(argv[i]);
      continue;
    }
    if (!words.empty()) printf("%s\n", Try(words).c_str());
    words.clear();
  }
  return 0;
}
