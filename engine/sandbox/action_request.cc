#include "engine/sandbox/action_request.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

// Takes fields from the front. After the first malformed one all further fields are zero or empty.
class FieldReader {
 public:
  FieldReader(char* bytes, size_t size) : next_(bytes), end_(bytes + size) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return next_ == end_; }
  size_t Offset(const char* begin) const { return static_cast<size_t>(next_ - begin); }
  void Skip(size_t bytes) {
    if (Has(bytes)) next_ += bytes;
  }

  template <typename T>
  T Integer() {
    T value = 0;
    if (!Has(sizeof value)) return 0;
    memcpy(&value, next_, sizeof value);
    next_ += sizeof value;
    return value;
  }

  char* String() {
    static char empty[] = "";
    const uint32_t length = Integer<uint32_t>();
    if (!Has(size_t{length} + 1) || next_[length] != 0 || strlen(next_) != length) {
      ok_ = false;
      return empty;
    }
    char* const text = next_;
    next_ += length + 1;
    return text;
  }

  // An array for a list, of one element more than the list has, all zero.
  template <typename T>
  T* List(size_t* count) {
    *count = Integer<uint32_t>();
    // Every item takes at least one string: a greater count cannot be true.
    if (*count > static_cast<size_t>(end_ - next_) / sizeof(uint32_t)) {
      ok_ = false;
      *count = 0;
    }
    return static_cast<T*>(calloc(*count + 1, sizeof(T)));
  }

 private:
  bool Has(size_t bytes) {
    if (ok_ && static_cast<size_t>(end_ - next_) >= bytes) return true;
    ok_ = false;
    return false;
  }

  char* next_;
  char* const end_;
  bool ok_ = true;
};

// True for "a/b", false for "", "/a", "a//b", "a/", "./a" and "a/../b".
bool IsPlainRelative(const char* path) {
  for (;;) {
    const size_t length = strcspn(path, "/");
    if (length == 0 || (length <= 2 && strncmp(path, "..", length) == 0)) return false;
    if (path[length] == 0) return true;
    path += length + 1;
  }
}

bool IsHostPath(const char* path) {
  const size_t prefix = strlen(kHostPrefix);
  return strncmp(path, kHostPrefix, prefix) == 0 && path[prefix] == '/' &&
         IsPlainRelative(path + prefix + 1);
}

bool IsValid(const Input& input) {
  if (!IsPlainRelative(input.path)) return false;
  switch (input.kind) {
    case InputKind::kCopy:
    case InputKind::kCopyExecutable:
    case InputKind::kBindFile:
    case InputKind::kBindTree:
      return IsHostPath(input.source);
    case InputKind::kSymlink:
      return input.source[0] != 0;
    case InputKind::kDirectory:
      return true;
  }
  return false;
}

char** ReadStrings(FieldReader& reader) {
  size_t count = 0;
  char** const strings = reader.List<char*>(&count);
  for (size_t i = 0; strings != nullptr && i < count; ++i) strings[i] = reader.String();
  return strings;
}

bool ReadInputs(FieldReader& reader, ActionRequest* request) {
  request->inputs = reader.List<Input>(&request->input_count);
  for (size_t i = 0; request->inputs != nullptr && i < request->input_count; ++i) {
    Input& input = request->inputs[i];
    input.kind = static_cast<InputKind>(reader.Integer<uint32_t>());
    input.mtime = reader.Integer<int64_t>();
    input.bytes = reader.Integer<uint64_t>();
    input.path = reader.String();
    input.source = reader.String();
    if (!IsValid(input)) return false;
  }
  return request->inputs != nullptr;
}

bool ReadWritable(FieldReader& reader, ActionRequest* request) {
  request->writable = reader.List<WritableDirectory>(&request->writable_count);
  for (size_t i = 0; request->writable != nullptr && i < request->writable_count; ++i) {
    WritableDirectory& directory = request->writable[i];
    directory.path = reader.String();
    directory.source = reader.String();
    if (directory.path[0] != 0 && !IsPlainRelative(directory.path)) return false;
    if (!IsHostPath(directory.source)) return false;
  }
  return request->writable != nullptr;
}

}  // namespace

bool ParseActionRequest(char* bytes, size_t size, ActionRequest* request) {
  FieldReader reader(bytes, size);
  request->flags = reader.Integer<uint32_t>();
  request->host_tree = reader.String();
  request->memory_bytes = reader.Integer<uint64_t>();
  request->max_file_bytes = reader.Integer<uint64_t>();
  request->max_open_files = reader.Integer<uint64_t>();
  request->source_generation = reader.Integer<uint64_t>();
  request->working_directory = reader.String();
  request->argv = ReadStrings(reader);
  request->env = ReadStrings(reader);
  const bool listed = ReadInputs(reader, request) && ReadWritable(reader, request);
  if (listed && (request->flags & kReportReads) != 0) {
    request->reads_offset = reader.Offset(bytes);
    reader.Skip(1 + request->input_count);
  }
  const bool valid = listed && reader.ok() && reader.AtEnd() && request->argv != nullptr && request->env != nullptr &&
                     request->argv[0] != nullptr &&
                     (request->host_tree[0] == 0 || IsHostPath(request->host_tree)) &&
                     (request->working_directory[0] == 0 || IsPlainRelative(request->working_directory));
  if (!valid) errno = EBADMSG;
  return valid;
}

void FreeActionRequest(ActionRequest* request) {
  free(request->argv);
  free(request->env);
  free(request->inputs);
  free(request->writable);
}

bool LoadRequest(int file, size_t size, LoadedRequest* loaded, Failure* failure) {
  void* const bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return Fail(failure, "map the request");
  *loaded = {static_cast<char*>(bytes), size, {}};
  if (ParseActionRequest(loaded->bytes, size, &loaded->request)) return true;
  Fail(failure, "read the request");
  FreeRequest(loaded);
  return false;
}

void FreeRequest(LoadedRequest* loaded) {
  if (loaded->bytes == nullptr) return;
  FreeActionRequest(&loaded->request);
  munmap(loaded->bytes, loaded->size);
  *loaded = {};
}

}  // namespace cow::sandbox
