// Staged execution roots that outlive their action.
//
// Actions that follow each other mostly want the same inputs but one. So what an action saw at /build stays in a directory
// of the helper when the action is dead, and a later action of the same helper gets it with what differs changed
// (input_staging.h). No two actions have one tree at a time. An action sees its tree by a read-only mount, as it sees the host
// tree and large inputs: what those cannot suffer from an action, a tree cannot.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/sandbox/action_request.h"
#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

class InputTrees {
 public:
  static constexpr int kNone = -1;

  InputTrees();
  InputTrees(const InputTrees&) = delete;
  InputTrees& operator=(const InputTrees&) = delete;

  // The free tree that needs the fewest changes, or a new one. kNone if the action must have a root of its own: it may
  // write there, its size is limited, or there is no place for a tree.
  int Take(const ActionRequest& request);

  // Where the tree of that number is.
  const char* Directory(int number) const { return trees_[number].root; }
  // What it holds; null: nothing.
  const ActionRequest* Content(int number) const;
  // An inotify instance of its own, or -1.
  int Watch(int number);

  // All processes that saw the tree are dead. `staged` is now what it holds, and is taken over; null: nobody knows.
  void Return(int number, LoadedRequest* staged);

 private:
  // Few are needed beyond those in use: actions of one kind come one after the other.
  static constexpr int kSpareTrees = 3;
  static constexpr int kMaxTrees = kMaxActions + kSpareTrees;
  // What all free trees may hold together.
  static constexpr uint64_t kMaxIdleBytes = 64 << 20;

  struct Tree {
    char directory[16];
    char root[24];
    bool exists;
    bool taken;
    int watch;
    uint64_t last_use;
    uint64_t bytes;
    LoadedRequest content;
  };

  int Create();
  void Discard(Tree* tree);

  Tree trees_[kMaxTrees];
  uint64_t uses_ = 0;
  uint64_t idle_bytes_ = 0;
};

}  // namespace cow::sandbox
