// HostObject: base of the value types an embedding program defines (Label, File, rule, ctx, ...).
//
//   class Label final : public HostObject {
//    public:
//     static constexpr HostType kType{"Label"};
//     explicit Label(...) : HostObject(kType) {}
//     ...
//   };
//   Label* label = heap.New<Label>(...);       // lives as long as the heap; destructor runs then
//   if (auto* l = value.As<Label>()) ...       // exact class only
//
// Every hook has a default: the least a value can do. Hooks report failures as plain messages; the
// interpreter adds "Error in f:" and the traceback. Hooks of frozen objects run on many threads.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class Arguments;
class Heap;
class Thread;

using BuiltinFunction = absl::StatusOr<Value> (*)(Thread& thread, const Arguments& args);

// The methods of a host type, made once: static const MethodTable kMethods({{"add", &Add}, ...}).
// args.receiver() is the object.
class MethodTable {
 public:
  struct Method {
    const String* name;
    BuiltinFunction function;
  };
  MethodTable(std::initializer_list<std::pair<std::string_view, BuiltinFunction>> methods);
  // nullptr if there is no such method. `name` is interned.
  const Method* Find(const String* name) const {
    for (const Method& method : methods_) {
      if (method.name == name) return &method;
    }
    return nullptr;
  }
  const std::vector<Method>& methods() const { return methods_; }

 private:
  std::vector<Method> methods_;
};

// One static constant per class: its address is the class's identity.
struct HostType {
  std::string_view name;  // what type(x) returns, unless TypeName is overridden
};

enum class BinaryOp : uint8_t {
  kAdd, kSub, kMul, kDiv, kFloorDiv, kMod, kOr, kXor, kAnd, kShiftLeft, kShiftRight,
};
std::string_view OperatorText(BinaryOp op);

class HostObject : public HeapObject {
 public:
  virtual ~HostObject() = default;

  const HostType& type() const { return *type_; }
  bool frozen() const;
  // OK, or "trying to mutate a frozen X value".
  absl::Status CheckMutable() const;

  // type(x).
  virtual std::string_view TypeName() const { return type_->name; }
  // Appends repr(x) / str(x). Defaults: "<TypeName>" / Repr.
  virtual void Repr(std::string& out) const;
  virtual void Str(std::string& out) const { Repr(out); }
  virtual bool Truth() const { return true; }

  // Hash (default: by identity) and equality with another object of the same type() (default:
  // identity). Equal objects must have equal hashes. An unhashable type returns UnhashableError.
  virtual absl::StatusOr<uint64_t> Hash() const;
  virtual absl::StatusOr<bool> Equals(const HostObject& other) const { return this == &other; }
  // < 0, 0, > 0 against an object of the same type(), only if Ordered().
  virtual bool Ordered() const { return false; }
  virtual int Compare(const HostObject& other) const;

  // x.name: the value, or an unset Value if there is no such attribute (the caller makes the
  // error). `name` is interned. Asked after Methods().
  virtual absl::StatusOr<Value> GetAttr(Thread& thread, const String* name) const;
  // Names for dir(x) and "did you mean", without the methods.
  virtual std::vector<std::string> AttrNames() const { return {}; }
  // x.name(...) for functions written in C++, called without making a bound method. May be nullptr.
  virtual const MethodTable* Methods() const { return nullptr; }

  // x(...).
  virtual bool Callable() const { return false; }
  virtual absl::StatusOr<Value> Call(Thread& thread, const Arguments& args);
  // Name in the call stack and in "Error in NAME:" while Call runs.
  virtual std::string_view CallName() const { return TypeName(); }
  // Name in the repr of Structs that have this as constructor.
  virtual std::string_view InstanceName() const { return "struct"; }

  // x[key]; only if Indexable().
  virtual bool Indexable() const { return false; }
  virtual absl::StatusOr<Value> Index(Thread& thread, Value key) const;
  // key in x; only if HasContains().
  virtual bool HasContains() const { return false; }
  virtual absl::StatusOr<bool> Contains(Value key) const;

  // for e in x, list(x), ...; only if Iterable(). Elements appends a snapshot.
  virtual bool Iterable() const { return false; }
  virtual void Elements(std::vector<Value>& out) const;
  // len(x), -1 if it has none.
  virtual int64_t Length() const { return -1; }

  // this OP other (self_is_left) or other OP this. Unset: not supported. The left operand is asked
  // first.
  virtual absl::StatusOr<Value> Binary(Thread& thread, BinaryOp op, Value other,
                                       bool self_is_left) const;

 protected:
  explicit HostObject(const HostType& host_type) : HeapObject(Kind::kHost), type_(&host_type) {}

 private:
  friend class Heap;
  const HostType* type_;
  const Heap* owner_ = nullptr;
};

// "unhashable type: 'X'".
absl::Status UnhashableError(std::string_view type);

}  // namespace cow::starlark
