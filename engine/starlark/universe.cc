#include "engine/starlark/universe.h"

#include <memory>

#include "engine/starlark/environment.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/struct_value.h"

namespace cow::starlark {

const Environment& Universe() {
  static const Environment* const kUniverse = [] {
    auto heap = std::make_unique<Heap>();
    auto* environment = new Environment();
    environment->Set("None", Value::None());
    environment->Set("True", Value::Bool(true));
    environment->Set("False", Value::Bool(false));
    for (std::span<const MethodEntry> functions : {CoreFunctions(), CollectionFunctions()}) {
      for (const MethodEntry& entry : functions) {
        environment->Set(entry.name, heap->New<Builtin>(Intern(entry.name), entry.function));
      }
    }
    environment->AddReference(Heap::Freeze(std::move(heap)));
    return environment;
  }();
  return *kUniverse;
}

const Environment& ScriptEnvironment() {
  static const Environment* const kEnvironment = [] {
    auto heap = std::make_unique<Heap>();
    auto* environment = new Environment();
    environment->Set("struct", heap->New<Builtin>(Intern("struct"), &MakeStruct));
    std::vector<NamedValue> members;
    for (const MethodEntry& entry : JsonFunctions()) {
      const String* name = Intern(entry.name);
      members.push_back({name, heap->New<Builtin>(name, entry.function)});
    }
    environment->Set("json", heap->NewStruct(members));
    environment->AddReference(Heap::Freeze(std::move(heap)));
    return environment;
  }();
  return *kEnvironment;
}

}  // namespace cow::starlark
