// The table of interned names, and the tables of built-in methods that hang off it.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/string_value.h"

namespace cow::starlark {

namespace {

struct TextHash {
  using is_transparent = void;
  size_t operator()(const String* text) const { return HashBytes(text->view()); }
  size_t operator()(std::string_view text) const { return HashBytes(text); }
};
struct TextEqual {
  using is_transparent = void;
  bool operator()(const String* a, const String* b) const { return a == b; }
  bool operator()(const String* a, std::string_view b) const { return a->view() == b; }
};

std::span<const MethodEntry> MethodsOf(Kind kind) {
  switch (kind) {
    case Kind::kString: return StringMethods();
    case Kind::kBytes: return BytesMethods();
    case Kind::kList: return ListMethods();
    case Kind::kDict: return DictMethods();
    case Kind::kSet: return SetMethods();
    default: return {};
  }
}

constexpr Kind kKindsWithMethods[] = {Kind::kString, Kind::kBytes, Kind::kList, Kind::kDict,
                                      Kind::kSet};
constexpr size_t kKinds = static_cast<size_t>(Kind::kHost) + 1;

}  // namespace

// Lives as long as the process. Names are few (identifiers of sources), so they are never dropped.
class SymbolTable {
 public:
  static SymbolTable& Instance() {
    static SymbolTable* const kTable = new SymbolTable();
    return *kTable;
  }

  const String* Intern(std::string_view text) {
    Shard& shard = shards_[HashBytes(text) % kShards];
    {
      std::shared_lock lock(shard.mutex);
      if (auto found = shard.names.find(text); found != shard.names.end()) return *found;
    }
    std::unique_lock lock(shard.mutex);
    return Add(shard, text);
  }

  // nullptr if there is no such symbol yet.
  const String* Find(std::string_view text) {
    Shard& shard = shards_[HashBytes(text) % kShards];
    std::shared_lock lock(shard.mutex);
    auto found = shard.names.find(text);
    return found == shard.names.end() ? nullptr : *found;
  }

  const BuiltinMethod* FindMethod(Kind kind, int index) const {
    const BuiltinMethod& method = methods_[static_cast<size_t>(kind)][static_cast<size_t>(index)];
    return method.function == nullptr ? nullptr : &method;
  }

 private:
  static constexpr size_t kShards = 64;
  struct Shard {
    std::shared_mutex mutex;
    Heap heap;
    absl::flat_hash_set<String*, TextHash, TextEqual> names;
  };

  SymbolTable() : shards_(kShards) {
    std::vector<std::string_view> names;
    for (Kind kind : kKindsWithMethods) {
      for (const MethodEntry& method : MethodsOf(kind)) {
        if (std::find(names.begin(), names.end(), method.name) == names.end()) {
          names.push_back(method.name);
        }
      }
    }
    for (auto& table : methods_) table.resize(names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      Shard& shard = shards_[HashBytes(names[i]) % kShards];
      String* symbol = Add(shard, names[i]);
      symbol->small_ = static_cast<uint16_t>(i + 1);
      for (Kind kind : kKindsWithMethods) {
        for (const MethodEntry& method : MethodsOf(kind)) {
          if (method.name == names[i]) {
            methods_[static_cast<size_t>(kind)][i] = {symbol, method.function};
          }
        }
      }
    }
  }

  static String* Add(Shard& shard, std::string_view text) {
    if (auto found = shard.names.find(text); found != shard.names.end()) return *found;
    String* symbol = shard.heap.NewString(text);
    symbol->flags_ |= String::kInterned;
    symbol->hash();
    shard.names.insert(symbol);
    return symbol;
  }

  std::vector<Shard> shards_;
  std::array<std::vector<BuiltinMethod>, kKinds> methods_;
};

const String* Intern(std::string_view text) { return SymbolTable::Instance().Intern(text); }

const String* Intern(const String& text) { return text.interned() ? &text : Intern(text.view()); }

absl::StatusOr<const String*> InternMetered(const String& text) {
  if (text.interned()) return &text;
  if (const String* known = SymbolTable::Instance().Find(text.view())) return known;
  constexpr uint64_t kTableEntry = 64;
  const uint64_t bytes = sizeof(String) + text.size() + kTableEntry;
  if (WorkMeter* meter = WorkMeter::Current()) {
    if (absl::Status room = meter->CheckRoom(bytes); !room.ok()) return room;
    meter->Hold(bytes);  // symbols are never dropped
  }
  return Intern(text.view());
}

const BuiltinMethod* FindMethod(Kind kind, const String* name) {
  const int index = name->method_index();
  return index < 0 ? nullptr : SymbolTable::Instance().FindMethod(kind, index);
}

std::vector<std::string> MethodNames(Kind kind) {
  std::vector<std::string> names;
  for (const MethodEntry& method : MethodsOf(kind)) names.emplace_back(method.name);
  std::sort(names.begin(), names.end());
  return names;
}

uint32_t HashBytes(std::string_view bytes) {
  constexpr uint64_t kPrime = 0x9fb21c651e98df25u;
  uint64_t state = bytes.size() * 0x9e3779b97f4a7c15u;
  const char* at = bytes.data();
  size_t left = bytes.size();
  auto mix = [&](uint64_t word) {
    state = (state ^ word) * kPrime;
    state ^= state >> 32;
  };
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  if (left > 0) {
    uint64_t word = 0;
    std::memcpy(&word, at, left);
    mix(word);
  }
  state *= kPrime;
  const auto hash = static_cast<uint32_t>(state >> 32);
  return hash == 0 ? 1 : hash;
}

}  // namespace cow::starlark
