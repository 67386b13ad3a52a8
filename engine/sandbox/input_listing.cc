#include "engine/sandbox/input_listing.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cow::sandbox {
namespace {

// True for the directory itself, whose content is listed.
bool IsDirectoryItself(const char* path, size_t prefix) {
  return path[0] == 0 || (prefix != 0 && path[prefix - 1] == 0);
}

size_t EndOfName(const char* path, size_t prefix) { return prefix + strcspn(path + prefix, "/"); }

}  // namespace

RequestSlice WholeOf(const ActionRequest& request) {
  return {request.inputs, request.input_count, request.writable, request.writable_count};
}

bool ListedEntry::HasName(const ListedEntry& other, size_t prefix) const {
  return length == other.length && memcmp(path + prefix, other.path + prefix, length - prefix) == 0;
}

Listing::~Listing() { free(entries_); }

bool Listing::Read(const RequestSlice& slice, size_t prefix) {
  for (size_t i = 0; i < slice.input_count; ++i) {
    if (!IsDirectoryItself(slice.inputs[i].path, prefix) && !AddInput(slice.inputs[i], prefix)) return false;
  }
  const size_t inputs_end = count_;
  for (size_t i = 0; i < slice.writable_count; ++i) {
    const WritableDirectory& directory = slice.writable[i];
    if (!IsDirectoryItself(directory.path, prefix) && !AddWritable(directory, prefix, inputs_end)) return false;
  }
  return true;
}

bool Listing::AddInput(const Input& input, size_t prefix) {
  const size_t length = EndOfName(input.path, prefix);
  const bool is_directory = input.path[length] != 0 || input.kind == InputKind::kDirectory;
  const ListedEntry entry = {input.path, length, is_directory ? nullptr : &input, {&input, 1, nullptr, 0}};
  if (count_ == 0 || !entries_[count_ - 1].HasName(entry, prefix)) return Append(entry);
  ListedEntry& known = entries_[count_ - 1];
  if (known.input != nullptr) {
    errno = EBADMSG;
    return false;
  }
  ++known.below.input_count;
  return true;
}

bool Listing::AddWritable(const WritableDirectory& directory, size_t prefix, size_t inputs_end) {
  const ListedEntry entry = {directory.path, EndOfName(directory.path, prefix), nullptr, {nullptr, 0, &directory, 1}};
  const bool continues = count_ > inputs_end && entries_[count_ - 1].HasName(entry, prefix);
  for (size_t i = continues ? count_ - 1 : 0; i < count_; ++i) {
    ListedEntry& known = entries_[i];
    if (!known.HasName(entry, prefix)) continue;
    if (known.input != nullptr) {
      errno = EBADMSG;
      return false;
    }
    if (known.below.writable_count++ == 0) known.below.writable = &directory;
    return true;
  }
  return Append(entry);
}

bool Listing::Append(const ListedEntry& entry) {
  if (count_ == capacity_) {
    const size_t capacity = capacity_ * 2 + 16;
    auto* const grown = static_cast<ListedEntry*>(realloc(entries_, capacity * sizeof(ListedEntry)));
    if (grown == nullptr) return false;
    entries_ = grown;
    capacity_ = capacity;
  }
  entries_[count_++] = entry;
  return true;
}

int ComparePaths(const char* a, const char* b) {
  while (*a == *b && *a != 0) {
    ++a;
    ++b;
  }
  const auto rank = [](char c) { return c == '/' ? 1 : c == 0 ? 0 : 1 + static_cast<unsigned char>(c); };
  return rank(*a) - rank(*b);
}

bool IsStagedAlike(const Input& a, const Input& b) {
  if (a.kind != b.kind) return false;
  const bool mounted = a.kind == InputKind::kBindFile || a.kind == InputKind::kBindTree;
  return mounted || (a.mtime == b.mtime && strcmp(a.source, b.source) == 0);
}

}  // namespace cow::sandbox
