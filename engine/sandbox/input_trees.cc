#include "engine/sandbox/input_trees.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "engine/sandbox/copy_tree.h"
#include "engine/sandbox/input_listing.h"

namespace cow::sandbox {
namespace {

bool IsCopied(const Input& input) {
  return input.kind == InputKind::kCopy || input.kind == InputKind::kCopyExecutable;
}

uint64_t BytesOf(const ActionRequest& request) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < request.input_count; ++i) {
    if (IsCopied(request.inputs[i])) bytes += request.inputs[i].bytes;
  }
  return bytes;
}

bool IsSorted(const ActionRequest& request) {
  for (size_t i = 1; i < request.input_count; ++i) {
    if (ComparePaths(request.inputs[i - 1].path, request.inputs[i].path) >= 0) return false;
  }
  for (size_t i = 1; i < request.writable_count; ++i) {
    if (ComparePaths(request.writable[i - 1].path, request.writable[i].path) >= 0) return false;
  }
  return true;
}

// How many inputs have to be removed or made.
size_t CountChanges(const ActionRequest& from, const ActionRequest& to) {
  size_t changes = 0;
  size_t i = 0;
  size_t j = 0;
  while (i < from.input_count && j < to.input_count) {
    const int order = ComparePaths(from.inputs[i].path, to.inputs[j].path);
    if (order == 0) {
      if (!IsStagedAlike(from.inputs[i], to.inputs[j])) changes += 2;
    } else {
      ++changes;
    }
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  return changes + (from.input_count - i) + (to.input_count - j);
}

}  // namespace

InputTrees::InputTrees() : trees_() {
  for (Tree& tree : trees_) tree.watch = -1;
}

const ActionRequest* InputTrees::Content(int number) const {
  const LoadedRequest& content = trees_[number].content;
  return content.bytes != nullptr ? &content.request : nullptr;
}

int InputTrees::Watch(int number) {
  Tree& tree = trees_[number];
  // Closing one waits a hundredth of a second for other processors: they stay open.
  if (tree.watch < 0) tree.watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return tree.watch;
}

int InputTrees::Take(const ActionRequest& request) {
  if ((request.flags & kWritableRoot) != 0 || request.memory_bytes != 0 || !IsSorted(request)) return kNone;
  int best = kNone;
  int oldest = kNone;
  int idle = 0;
  size_t fewest = request.input_count;
  for (int i = 0; i < kMaxTrees; ++i) {
    Tree& tree = trees_[i];
    if (!tree.exists || tree.taken) continue;
    if (tree.content.request.source_generation != request.source_generation) {
      Discard(&tree);
      continue;
    }
    ++idle;
    if (oldest == kNone || tree.last_use < trees_[oldest].last_use) oldest = i;
    const size_t changes = CountChanges(tree.content.request, request);
    if (best != kNone ? changes >= fewest : changes > fewest) continue;
    best = i;
    fewest = changes;
  }
  if (best == kNone) best = idle < kSpareTrees ? Create() : oldest;
  if (best == kNone) return kNone;
  Tree& tree = trees_[best];
  tree.taken = true;
  tree.last_use = ++uses_;
  idle_bytes_ -= tree.bytes;
  return best;
}

int InputTrees::Create() {
  for (int i = 0; i < kMaxTrees; ++i) {
    Tree& tree = trees_[i];
    if (tree.exists) continue;
    snprintf(tree.directory, sizeof tree.directory, "/.in%d", i);
    snprintf(tree.root, sizeof tree.root, "/.in%d/build", i);
    if (!RemoveTree(tree.directory) || mkdir(tree.directory, 0755) != 0 || mkdir(tree.root, 0755) != 0) continue;
    tree.exists = true;
    tree.bytes = 0;
    return i;
  }
  return kNone;
}

void InputTrees::Discard(Tree* tree) {
  if (!tree->taken) idle_bytes_ -= tree->bytes;
  FreeRequest(&tree->content);
  // What cannot be removed now is in the way of the next tree of this name, and then tried again.
  RemoveTree(tree->directory);
  tree->bytes = 0;
  tree->exists = false;
  tree->taken = false;
}

void InputTrees::Return(int number, LoadedRequest* staged) {
  Tree& tree = trees_[number];
  const uint64_t bytes = staged != nullptr ? BytesOf(staged->request) : 0;
  if (staged == nullptr || idle_bytes_ + bytes > kMaxIdleBytes) {
    Discard(&tree);
    return;
  }
  FreeRequest(&tree.content);
  tree.content = *staged;
  *staged = {};
  tree.bytes = bytes;
  tree.taken = false;
  idle_bytes_ += bytes;
}

}  // namespace cow::sandbox
