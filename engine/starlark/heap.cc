#include "engine/starlark/heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

// There is a heap for each source file, which takes less than this, and one for each rule.
constexpr size_t kFirstChunk = 1024;
constexpr size_t kLargestChunk = size_t{1} << 20;
void* NewChunk(size_t bytes) {
  void* chunk = std::malloc(bytes);
#ifdef MADV_POPULATE_WRITE
  // All of a large chunk will be written: one call for its pages is cheaper than a fault for each.
  // (Huge pages are not: clearing them cost three times as much.) A kernel that does not know the
  // advice refuses it.
  if (bytes == kLargestChunk && chunk != nullptr) {
    constexpr uintptr_t kPage = 4096;
    const auto begin = (reinterpret_cast<uintptr_t>(chunk) + kPage - 1) / kPage * kPage;
    const auto end = (reinterpret_cast<uintptr_t>(chunk) + bytes) / kPage * kPage;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
  }
#endif
  return chunk;
}

// Text at least this long is worth a buffer with room for more.
constexpr size_t kOpenBufferText = 64;

}  // namespace

Heap::Heap() : chunk_bytes_(kFirstChunk) {}

Heap::~Heap() {
  for (size_t i = finalizers_.size(); i-- > 0;) finalizers_[i].destroy(finalizers_[i].object);
  for (void* chunk : chunks_) std::free(chunk);
}

void* Heap::AllocateSlow(size_t bytes) {
  const bool own_chunk = bytes > chunk_bytes_ / 4;
  const size_t chunk_bytes = own_chunk ? bytes : chunk_bytes_;
  char* chunk = static_cast<char*>(NewChunk(chunk_bytes));
  COW_CHECK(chunk != nullptr);
  chunks_.push_back(chunk);
  bytes_used_ += chunk_bytes;
  if (over_limit()) {
    if (WorkMeter* meter = WorkMeter::Current()) meter->Trip();
  }
  if (own_chunk) return chunk;
  // A third of what a heap takes is the most that stays unused when it is frozen.
  chunk_bytes_ = std::clamp(bytes_used_ / 2, kFirstChunk, kLargestChunk);
  next_ = chunk + bytes;
  limit_ = chunk + chunk_bytes;
  return chunk;
}

absl::Status Heap::CheckRoom(uint64_t bytes) const {
  if (bytes <= byte_limit_ && bytes_used_ <= byte_limit_ - bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("out of memory: evaluation needs more than ",
                                                   byte_limit_ >> 20, " MiB"));
}

std::shared_ptr<const FrozenHeap> Heap::Freeze(std::unique_ptr<Heap> heap) {
  heap->frozen_ = true;
  return std::make_shared<const FrozenHeap>(std::move(heap));
}

void Heap::AddReference(std::shared_ptr<const FrozenHeap> heap) {
  if (heap != nullptr) references_.insert(std::move(heap));
}

void Heap::AddOwner(std::shared_ptr<const void> owner) { owners_.insert(std::move(owner)); }

void Heap::AdoptHost(HostObject* object) { object->owner_ = this; }

// A chain of heaps, each referring to the next, may be very long (one per target of a deep graph):
// the outermost destructor on this thread takes the chain apart in a loop.
FrozenHeap::~FrozenHeap() {
  thread_local std::vector<std::unique_ptr<Heap>>* pending = nullptr;
  if (pending != nullptr) {
    pending->push_back(std::move(heap_));
    return;
  }
  std::vector<std::unique_ptr<Heap>> queue;
  pending = &queue;
  queue.push_back(std::move(heap_));
  while (!queue.empty()) {
    std::unique_ptr<Heap> heap = std::move(queue.back());
    queue.pop_back();
    heap.reset();
  }
  pending = nullptr;
}

Value Heap::NewInt(int64_t value) {
  if (Value::FitsSmallInt(value)) return Value::SmallInt(value);
  return NewBigInt(*this, value);
}

Value Heap::NewFloat(double value) { return New<Float>(value); }

String* Heap::NewString(std::string_view text) {
  // Object and bytes in one piece.
  char* memory = static_cast<char*>(Allocate(sizeof(String) + text.size()));
  char* bytes = memory + sizeof(String);
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  return new (memory) String(std::string_view(bytes, text.size()));
}

String* Heap::NewSubstring(const String& whole, size_t begin, size_t length) {
  std::string_view part = whole.view().substr(begin, length);
  if (part.size() <= sizeof(String)) return NewString(part);
  return New<String>(part);
}

String* Heap::Concat(const String& a, const String& b) {
  const size_t total = a.size() + b.size();
  if (total < kOpenBufferText) {
    char* memory = static_cast<char*>(Allocate(sizeof(String) + total));
    char* bytes = memory + sizeof(String);
    std::memcpy(bytes, a.data(), a.size());
    std::memcpy(bytes + a.size(), b.data(), b.size());
    return new (memory) String(std::string_view(bytes, total));
  }
  const char* a_end = a.data() + a.size();
  for (OpenBuffer& buffer : open_buffers_) {
    if (buffer.end == a_end && b.size() <= static_cast<size_t>(buffer.limit - buffer.end)) {
      std::memcpy(buffer.end, b.data(), b.size());
      buffer.end += b.size();
      return New<String>(std::string_view(a.data(), total));
    }
  }
  // Room to grow only for what grows: a long text with something short added.
  const size_t room = a.size() >= b.size() ? total * 2 : total;
  char* bytes = static_cast<char*>(Allocate(room));
  NoteWork(BulkBytes(total));
  std::memcpy(bytes, a.data(), a.size());
  std::memcpy(bytes + a.size(), b.data(), b.size());
  if (room > total) {
    open_buffers_[next_open_buffer_] = {bytes + total, bytes + room};
    next_open_buffer_ = (next_open_buffer_ + 1) % kOpenBuffers;
  }
  return New<String>(std::string_view(bytes, total));
}

Value Heap::NewBytes(std::string_view bytes) {
  char* copy = static_cast<char*>(Allocate(bytes.size()));
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  return New<Bytes>(std::string_view(copy, bytes.size()));
}

List* Heap::NewList(std::span<const Value> elements) {
  List* list = New<List>(*this);
  list->Reserve(elements.size());
  list->Fill(elements);
  return list;
}

Tuple* Heap::NewTuple(std::span<const Value> elements) {
  void* memory = Allocate(sizeof(Tuple) + elements.size() * sizeof(Value));
  Tuple* tuple = new (memory) Tuple(elements.size());
  std::copy(elements.begin(), elements.end(), reinterpret_cast<Value*>(tuple + 1));
  return tuple;
}

Dict* Heap::NewDict() { return New<Dict>(*this); }

Set* Heap::NewSet() { return New<Set>(*this); }

List* Heap::NewStringList(std::span<const std::string> strings) {
  List* list = New<List>(*this);
  list->Reserve(strings.size());
  for (const std::string& text : strings) list->Push(NewString(text));
  return list;
}

Struct* Heap::NewStruct(std::span<const NamedValue> fields) {
  return NewStruct(Value::None(), fields);
}

Struct* Heap::NewStruct(Value constructor, std::span<const NamedValue> fields) {
  void* memory = Allocate(sizeof(Struct) + fields.size() * sizeof(NamedValue));
  Struct* result = new (memory) Struct(constructor, fields.size());
  auto* copy = reinterpret_cast<NamedValue*>(result + 1);
  std::copy(fields.begin(), fields.end(), copy);
  auto by_name = [](const NamedValue& a, const NamedValue& b) {
    return a.name->view() < b.name->view();
  };
  if (fields.size() > 8) NoteWork(fields.size() * 16);
  if (!std::is_sorted(copy, copy + fields.size(), by_name)) {
    std::sort(copy, copy + fields.size(), by_name);
  }
  return result;
}

}  // namespace cow::starlark
