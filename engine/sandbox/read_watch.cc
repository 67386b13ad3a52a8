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
  char old[16 * 1024];
  while (read(fd, old, sizeof old) > 0) {
  }
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
  const int printed = snprintf(path, sizeof path, "%s/%.*s", kExecRoot, static_cast<int>(length), request.inputs[input].path);
  if (printed < 0 || static_cast<size_t>(printed) >= sizeof path) return false;
  const int watch = inotify_add_watch(fd_, path, IN_OPEN | IN_ONLYDIR);
  if (watch < 0) return false;
  if (first_ < 0) first_ = watch;
  if (watch < first_) return false;
  const auto place = static_cast<size_t>(watch - first_);
  if (place >= capacity_) {
    const size_t capacity = place * 2 + 32;
    auto* const grown = static_cast<Directory*>(realloc(directories_, capacity * sizeof(Directory)));
    if (grown == nullptr) return false;
    memset(grown + capacity_, 0, (capacity - capacity_) * sizeof(Directory));
    directories_ = grown;
    capacity_ = capacity;
  }
  // A directory that is met again keeps its watch and its first input.
  if (directories_[place].number == 0) directories_[place] = {input + 1, length};
  return true;
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
      if (!Note(request, event->wd, event->name, reads)) return;
    }
  }
  reads[0] = 1;
  for (size_t i = 0; i < capacity_; ++i) {
    if (directories_[i].number != 0) inotify_rm_watch(fd_, first_ + static_cast<int>(i));
  }
}

// False if the event makes no sense.
bool ReadWatch::Note(const ActionRequest& request, int watch, const char* name, uint8_t* reads) const {
  if (watch < first_) return true;  // of an action before
  if (static_cast<size_t>(watch - first_) >= capacity_) return false;
  const Directory& directory = directories_[watch - first_];
  if (directory.number == 0) return false;
  const char* const path = request.inputs[directory.number - 1].path;
  for (size_t i = directory.number - 1; i < request.input_count; ++i) {
    if (!IsIn(request.inputs[i], path, directory.length, name)) continue;
    reads[1 + i] = 1;
    return true;
  }
  return true;  // something else in that directory: an output
}

}  // namespace cow::sandbox
