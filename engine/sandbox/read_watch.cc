#include "engine/sandbox/read_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cow::sandbox {
namespace {

bool IsCopied(const Input& input) { return input.kind == InputKind::kCopy; }

size_t ParentLength(const char* path) {
  const char* const slash = strrchr(path, '/');
  return slash == nullptr ? 0 : static_cast<size_t>(slash - path);
}

bool IsIn(const Input& input, const char* path, size_t length, const char* name) {
  if (ParentLength(input.path) != length || strncmp(input.path, path, length) != 0) return false;
  return strcmp(input.path + length + (length == 0 ? 0 : 1), name) == 0;
}

}  // namespace

void ReadWatch::Start(const ActionRequest& request, int fd) {
  fd_ = fd;
  const char* last = nullptr;
  size_t last_length = 0;
  for (size_t i = 0; fd_ >= 0 && i < request.input_count; ++i) {
    const Input& input = request.inputs[i];
    if (!IsCopied(input)) continue;
    const size_t length = ParentLength(input.path);
    if (last != nullptr && length == last_length && strncmp(input.path, last, length) == 0) continue;
    last = input.path;
    last_length = length;
    if (!Watch(request, i, length)) fd_ = -1;
  }
}

bool ReadWatch::Watch(const ActionRequest& request, size_t input, size_t length) {
  char path[PATH_MAX];
  const int printed = snprintf(path, sizeof path, "%.*s", static_cast<int>(length), request.inputs[input].path);
  if (printed < 0 || static_cast<size_t>(printed) >= sizeof path) return false;
  // One that is watched already, by an action before or for another input, keeps its number.
  const int watch = inotify_add_watch(fd_, length == 0 ? "." : path, IN_OPEN | IN_ONLYDIR);
  if (watch < 0) return false;
  if (count_ == capacity_) {
    const size_t capacity = capacity_ * 2 + 32;
    auto* const grown = static_cast<Directory*>(realloc(directories_, capacity * sizeof(Directory)));
    if (grown == nullptr) return false;
    directories_ = grown;
    capacity_ = capacity;
  }
  directories_[count_++] = {watch, input, length};
  return true;
}

void ReadWatch::Begin(int fd) {
  if (fd_ < 0) return;
  fd_ = fd;
  char old[16 * 1024];
  while (read(fd_, old, sizeof old) > 0) {
  }
  if (count_ == 0) return;
  qsort(directories_, count_, sizeof(Directory), [](const void* a, const void* b) {
    const auto& one = *static_cast<const Directory*>(a);
    const auto& other = *static_cast<const Directory*>(b);
    if (one.watch != other.watch) return one.watch < other.watch ? -1 : 1;
    return one.input < other.input ? -1 : 1;
  });
  // A directory that was met again, after another one, is known by its first input.
  size_t kept = 0;
  for (size_t i = 0; i < count_; ++i) {
    if (kept == 0 || directories_[kept - 1].watch != directories_[i].watch) directories_[kept++] = directories_[i];
  }
  count_ = kept;
}

void ReadWatch::Report(const ActionRequest& request, uint8_t* reads) {
  if (fd_ < 0) return;
  for (size_t i = 0; i < request.input_count; ++i) reads[1 + i] = IsCopied(request.inputs[i]) ? 0 : 1;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = read(fd_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) return;
    for (ssize_t at = 0; at < got;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) return;
      if ((event->mask & (IN_ISDIR | IN_IGNORED)) != 0 || event->len == 0) continue;
      const Directory* const directory = Find(event->wd);
      // In others that are watched, no input of this action was copied.
      if (directory != nullptr) Note(request, *directory, event->name, reads);
    }
  }
  reads[0] = 1;
}

const ReadWatch::Directory* ReadWatch::Find(int watch) const {
  size_t first = 0;
  size_t end = count_;
  while (first < end) {
    const size_t middle = (first + end) / 2;
    if (directories_[middle].watch < watch) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first < count_ && directories_[first].watch == watch ? &directories_[first] : nullptr;
}

void ReadWatch::Note(const ActionRequest& request, const Directory& directory, const char* name, uint8_t* reads) const {
  const char* const path = request.inputs[directory.input].path;
  for (size_t i = directory.input; i < request.input_count; ++i) {
    if (!IsIn(request.inputs[i], path, directory.length, name)) continue;
    reads[1 + i] = 1;
    return;
  }
}

}  // namespace cow::sandbox
