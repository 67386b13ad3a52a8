#include "engine/sandbox/input_staging.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/sandbox/copy_tree.h"
#include "engine/sandbox/failure.h"
#include "engine/sandbox/input_listing.h"
#include "engine/sandbox/mounts.h"

namespace cow::sandbox {
namespace {

// The first bytes of a path, as a path of its own; "." for none.
class FrontOfPath {
 public:
  FrontOfPath(const char* path, size_t length) {
    if (length >= sizeof text_) {  // every system call refuses it
      memset(text_, 'x', sizeof text_ - 1);
      text_[sizeof text_ - 1] = 0;
      return;
    }
    memcpy(text_, length == 0 ? "." : path, length == 0 ? 1 : length);
    text_[length == 0 ? 1 : length] = 0;
  }
  explicit FrontOfPath(const ListedEntry& entry) : FrontOfPath(entry.path, entry.length) {}

  const char* c_str() const { return text_; }

 private:
  char text_[PATH_MAX];
};

// What needs the text of a path is no part of the functions that call themselves: directories may be some thousand deep.
#define COW_OWN_FRAME __attribute__((noinline))

COW_OWN_FRAME bool MakeDirectory(const ListedEntry& entry, Failure* failure) {
  const FrontOfPath path(entry);
  return mkdir(path.c_str(), 0755) == 0 || Fail(failure, "make a directory for inputs or outputs", path.c_str());
}

COW_OWN_FRAME bool RemoveStaged(const ListedEntry& entry, Failure* failure) {
  const FrontOfPath path(entry);
  const bool directory = entry.input == nullptr || entry.input->kind == InputKind::kBindTree;
  return (directory ? rmdir(path.c_str()) : unlink(path.c_str())) == 0 ||
         Fail(failure, "remove an input of an earlier action", path.c_str());
}

enum class Way { kOut, kBack };

// Out of its directory, to a numbered name beside the current directory, and back.
COW_OWN_FRAME bool MoveStaged(const ListedEntry& entry, size_t number, Way way, Failure* failure) {
  const FrontOfPath path(entry);
  char beside[32];
  snprintf(beside, sizeof beside, "../%zu", number);
  const bool out = way == Way::kOut;
  return rename(out ? path.c_str() : beside, out ? beside : path.c_str()) == 0 ||
         Fail(failure, "move an input of an earlier action", path.c_str());
}

void SetTime(const char* path, int64_t seconds) {
  const timespec time = {.tv_sec = seconds, .tv_nsec = 0};
  const timespec times[2] = {time, time};
  utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

bool CopyFile(const Input& input, mode_t mode, Failure* failure) {
  const int from = open(input.source, O_RDONLY | O_CLOEXEC);
  if (from < 0) return Fail(failure, "open the source of an input", input.source);
  const int to = open(input.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (to < 0) return Fail(failure, "create an input", input.path);
  if (!CopyBytes(from, to)) return Fail(failure, "copy an input", input.path);
  const timespec times[2] = {{.tv_sec = input.mtime, .tv_nsec = 0},
                             {.tv_sec = input.mtime, .tv_nsec = 0}};
  if (futimens(to, times) != 0) return Fail(failure, "set the time of an input", input.path);
  close(from);
  close(to);
  return true;
}

bool MakeEmptyFile(const Input& input, Failure* failure) {
  const int point = open(input.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (point < 0) return Fail(failure, "create an input", input.path);
  close(point);
  return true;
}

bool MakeSymlink(const Input& input, Failure* failure) {
  if (symlink(input.source, input.path) != 0) return Fail(failure, "make an input symlink", input.path);
  SetTime(input.path, input.mtime);
  return true;
}

class Stager {
 public:
  Stager(bool can_mount, Failure* failure) : can_mount_(can_mount), failure_(failure) {}
  ~Stager() { free(changed_); }
  Stager(const Stager&) = delete;
  Stager& operator=(const Stager&) = delete;

  // Makes the directory of `prefix` bytes, which holds `old`, hold `wanted`.
  bool Change(const RequestSlice& old, const RequestSlice& wanted, size_t prefix) {
    Listing before;
    Listing after;
    if (!before.Read(old, prefix) || !after.Read(wanted, prefix)) return Fail(failure_, "list the inputs");
    size_t same = 0;
    for (; same < before.size() && same < after.size(); ++same) {
      const ListedEntry& from = before[same];
      const ListedEntry& to = after[same];
      if (!from.HasName(to, prefix) || !ServesAs(from, to)) break;
      if (to.input == nullptr && !Change(from.below, to.below, to.length + 1)) return false;
    }
    if (same == before.size() && same == after.size()) return true;
    const ListedEntry& any = after.size() != 0 ? after[0] : before[0];
    return Note(any.path, prefix == 0 ? 0 : prefix - 1) && Reorder(before, after, same, prefix);
  }

  void SetTimes() const {
    for (size_t i = 0; i < changed_count_; ++i) {
      SetTime(FrontOfPath(changed_[i].path, changed_[i].length).c_str(), kEpoch1980);
    }
    SetTime(".", kEpoch1980);
  }

 private:
  struct Place {
    const char* path;
    size_t length;
  };

  static bool ServesAs(const ListedEntry& from, const ListedEntry& to) {
    if (from.input == nullptr || to.input == nullptr) return from.input == to.input;
    return IsStagedAlike(*from.input, *to.input);
  }

  // From place `same` on, takes out what is still wanted, removes the rest, and then fills the directory in order.
  bool Reorder(const Listing& before, const Listing& after, size_t same, size_t prefix) {
    const size_t count = after.size() - same;
    const size_t first = next_place_;
    const ListedEntry** const moved = static_cast<const ListedEntry**>(calloc(count + 1, sizeof *moved));
    if (moved == nullptr) return Fail(failure_, "list the inputs");
    next_place_ += count;
    bool done = true;
    size_t guess = 0;  // both are mostly in the same order
    for (size_t i = same; done && i < before.size(); ++i) {
      size_t tries = 0;
      while (tries < count && !before[i].HasName(after[same + guess], prefix)) {
        guess = (guess + 1) % count;
        ++tries;
      }
      const bool kept = tries < count && ServesAs(before[i], after[same + guess]);
      if (kept) moved[guess] = &before[i];
      done = kept ? MoveStaged(before[i], first + guess, Way::kOut, failure_) : Remove(before[i]);
    }
    for (size_t i = 0; done && i < count; ++i) {
      const ListedEntry& wanted = after[same + i];
      if (moved[i] == nullptr) {
        done = Create(wanted);
      } else {
        done = MoveStaged(wanted, first + i, Way::kBack, failure_) &&
               (wanted.input != nullptr || Change(moved[i]->below, wanted.below, wanted.length + 1));
      }
    }
    free(moved);
    return done;
  }

  bool Remove(const ListedEntry& entry) {
    if (entry.input == nullptr) {
      Listing content;
      if (!content.Read(entry.below, entry.length + 1)) return Fail(failure_, "list the inputs");
      for (size_t i = 0; i < content.size(); ++i) {
        if (!Remove(content[i])) return false;
      }
    }
    return RemoveStaged(entry, failure_);
  }

  bool Create(const ListedEntry& entry) {
    if (entry.input != nullptr) return CreateInput(*entry.input);
    const size_t noted = changed_count_;
    if (!MakeDirectory(entry, failure_) || !Change({}, entry.below, entry.length + 1)) return false;
    return changed_count_ != noted || Note(entry.path, entry.length);
  }

  bool CreateInput(const Input& input) {
    switch (input.kind) {
      case InputKind::kCopy:
        return CopyFile(input, 0444, failure_);
      case InputKind::kCopyExecutable:
        return CopyFile(input, 0555, failure_);
      case InputKind::kBindFile:
        return can_mount_ ? MakeEmptyFile(input, failure_) : CopyFile(input, 0444, failure_);
      case InputKind::kBindTree:
        if (mkdir(input.path, 0755) == 0 && (can_mount_ || CopyTree(input.source, input.path))) {
          SetTime(input.path, kEpoch1980);
          return true;
        }
        return Fail(failure_, can_mount_ ? "make the directory of an input tree" : "copy an input tree", input.path);
      case InputKind::kSymlink:
        return MakeSymlink(input, failure_);
      case InputKind::kDirectory:
        break;  // listed as a directory
    }
    return false;
  }

  bool Note(const char* path, size_t length) {
    if (changed_count_ == changed_capacity_) {
      const size_t capacity = changed_capacity_ * 2 + 64;
      auto* const grown = static_cast<Place*>(realloc(changed_, capacity * sizeof(Place)));
      if (grown == nullptr) return Fail(failure_, "list the inputs");
      changed_ = grown;
      changed_capacity_ = capacity;
    }
    changed_[changed_count_++] = {path, length};
    return true;
  }

  const bool can_mount_;
  Failure* const failure_;
  size_t next_place_ = 0;
  Place* changed_ = nullptr;
  size_t changed_count_ = 0;
  size_t changed_capacity_ = 0;
};

bool StageAll(const ActionRequest* staged, const ActionRequest& request, bool can_mount, Failure* failure) {
  Stager stager(can_mount, failure);
  if (!stager.Change(staged != nullptr ? WholeOf(*staged) : RequestSlice(), WholeOf(request), 0)) return false;
  stager.SetTimes();
  return true;
}

}  // namespace

bool StageInputs(const ActionRequest* staged, const ActionRequest& request, Failure* failure) {
  return StageAll(staged, request, true, failure);
}

bool BindInputs(const ActionRequest& request, Failure* failure) {
  for (size_t i = 0; i < request.input_count; ++i) {
    const Input& input = request.inputs[i];
    if (input.kind != InputKind::kBindFile && input.kind != InputKind::kBindTree) continue;
    if (!BindMount(input.source, input.path, kReadOnly)) return Fail(failure, "bind an input", input.source);
  }
  return true;
}

bool CopyInputs(const ActionRequest& request, Failure* failure) { return StageAll(nullptr, request, false, failure); }

}  // namespace cow::sandbox
