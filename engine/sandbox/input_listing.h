// What the directories of an execution root hold, read from the sorted lists of a request.
#pragma once

#include <cstddef>

#include "engine/sandbox/action_request.h"

namespace cow::sandbox {

// The part of a request that is in one directory and below: contiguous, because all lists are sorted by path.
struct RequestSlice {
  const Input* inputs;
  size_t input_count;
  const WritableDirectory* writable;
  size_t writable_count;
};

RequestSlice WholeOf(const ActionRequest& request);

struct ListedEntry {
  const char* path;    // its first `length` bytes are the path of the entry
  size_t length;
  const Input* input;  // null: a directory whose content is `below`
  RequestSlice below;

  const char* Name(size_t prefix) const { return path + prefix; }
  bool HasName(const ListedEntry& other, size_t prefix) const;
};

// The entries of one directory in the order in which they are made: what inputs need by name, then what only writable
// directories need. The strings of the request outlive it.
class Listing {
 public:
  Listing() = default;
  ~Listing();
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  // `prefix` is the length of the directory's path and of the slash behind it; 0 for the execution root. False, with
  // errno, if memory is short or an entry would have to be a file and a directory.
  bool Read(const RequestSlice& slice, size_t prefix);

  size_t size() const { return count_; }
  const ListedEntry& operator[](size_t i) const { return entries_[i]; }

 private:
  bool AddInput(const Input& input, size_t prefix);
  bool AddWritable(const WritableDirectory& directory, size_t prefix, size_t inputs_end);
  bool Append(const ListedEntry& entry);

  ListedEntry* entries_ = nullptr;
  size_t count_ = 0;
  size_t capacity_ = 0;
};

// Less than, equal to or greater than 0 in the order of requests: like strcmp, with '/' before every other byte.
int ComparePaths(const char* a, const char* b);

// Whether a staged `a` serves as `b`, at the same path. What is shown by a mount needs only its mount point.
bool IsStagedAlike(const Input& a, const Input& b);

}  // namespace cow::sandbox
