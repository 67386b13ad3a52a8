// The request of one action, read from the memory file that the engine sent. Its strings point into
// that file; its arrays are freed by FreeActionRequest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

struct Input {
  InputKind kind;
  int64_t mtime;
  const char* path;
  const char* source;
  uint64_t bytes;
};

struct WritableDirectory {
  const char* path;
  const char* source;
};

struct ActionRequest {
  uint32_t flags;
  const char* host_tree;
  uint64_t memory_bytes;
  uint64_t max_file_bytes;
  uint64_t max_open_files;
  uint64_t source_generation;
  const char* working_directory;
  char** argv;  // ends with a null pointer, never empty
  char** env;   // ends with a null pointer
  Input* inputs;
  size_t input_count;
  WritableDirectory* writable;
  size_t writable_count;
  size_t reads_offset;  // of `reads` in the memory file; 0 without kReportReads
};

// A request with the memory it points into.
struct LoadedRequest {
  char* bytes;  // null: none
  size_t size;
  ActionRequest request;
};

// False if the bytes are no request, or a path in it leaves the execution root or /.host.
bool ParseActionRequest(char* bytes, size_t size, ActionRequest* request);

// Frees the arrays, also of a request that was only partly read.
void FreeActionRequest(ActionRequest* request);

// Reads a request from its memory file. On failure nothing is to be freed.
bool LoadRequest(int file, size_t size, LoadedRequest* loaded, Failure* failure);

// Frees a request, if there is one, and leaves none.
void FreeRequest(LoadedRequest* loaded);

}  // namespace cow::sandbox
