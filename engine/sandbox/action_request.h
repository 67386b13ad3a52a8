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
  const char* working_directory;
  char** argv;  // ends with a null pointer, never empty
  char** env;   // ends with a null pointer
  Input* inputs;
  size_t input_count;
  WritableDirectory* writable;
  size_t writable_count;
  size_t reads_offset;  // of `reads` in the memory file; 0 without kReportReads
};

// False if the bytes are no request, or a path in it leaves the execution root or /.host.
bool ParseActionRequest(char* bytes, size_t size, ActionRequest* request);

// Frees the arrays, also of a request that was only partly read.
void FreeActionRequest(ActionRequest* request);

}  // namespace cow::sandbox
