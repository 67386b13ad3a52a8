// Heaps, freezing, values made from C++.
#include "engine/starlark/heap.h"

#include <thread>

#include "engine/starlark/dict_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/test_program.h"
#include "gmock/gmock.h"

namespace cow::starlark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ValueTest, SmallIntsAndConstantsNeedNoObject) {
  EXPECT_EQ(Value::SmallInt(-5).small_int(), -5);
  EXPECT_EQ(Value::SmallInt(Value::kMaxSmallInt).small_int(), Value::kMaxSmallInt);
  EXPECT_EQ(Value::SmallInt(Value::kMinSmallInt).small_int(), Value::kMinSmallInt);
  EXPECT_TRUE(Value::None().IsNone() && !Value::None().IsBool());
  EXPECT_TRUE(Value::Bool(true).IsTrue() && Value::Bool(false).IsFalse());
  EXPECT_TRUE(Value().IsUnset());
  EXPECT_EQ(Value::Bool(true).kind(), Kind::kBool);
}

TEST(ValueTest, IntsAreSmallWheneverTheyFit) {
  Heap heap;
  EXPECT_TRUE(heap.NewInt(Value::kMaxSmallInt).IsSmallInt());
  const Value big = heap.NewInt(INT64_MAX);
  EXPECT_FALSE(big.IsSmallInt());
  EXPECT_EQ(big.ToInt64(), INT64_MAX);
  EXPECT_EQ(heap.NewInt(INT64_MIN).ToInt64(), INT64_MIN);
}

TEST(HeapTest, FrozenValuesRefuseMutation) {
  auto heap = std::make_unique<Heap>();
  List* list = heap->NewList();
  Dict* dict = heap->NewDict();
  Set* set = heap->NewSet();
  ASSERT_TRUE(list->Append(Value::None()).ok());
  auto frozen = Heap::Freeze(std::move(heap));
  EXPECT_THAT(std::string(list->Append(Value::None()).message()),
              HasSubstr("trying to mutate a frozen list value"));
  EXPECT_FALSE(dict->SetString("a", Value::None()).ok());
  EXPECT_FALSE(set->Add(Value::None()).ok());
  EXPECT_EQ(list->size(), 1u);
}

TEST(HeapTest, DictsKeepInsertionOrder) {
  Heap heap;
  Dict* dict = heap.NewDict();
  for (std::string_view key : {"b", "a", "c"}) {
    ASSERT_TRUE(dict->SetString(key, Value::SmallInt(1)).ok());
  }
  ASSERT_TRUE(dict->Remove(heap.NewString("a")).ok());
  ASSERT_TRUE(dict->SetString("a", Value::SmallInt(2)).ok());
  std::vector<std::string> keys;
  for (const auto& entry : *dict) keys.push_back(Str(entry.key));
  EXPECT_THAT(keys, ElementsAre("b", "c", "a"));
  EXPECT_EQ(dict->FindString("a").small_int(), 2);
  EXPECT_TRUE(dict->FindString("x").IsUnset());
}

TEST(HeapTest, ManyEntriesAndDeletionsAgreeWithAModel) {
  Heap heap;
  Dict* dict = heap.NewDict();
  std::vector<int64_t> model(512, -1);
  uint32_t random = 1;
  for (int64_t i = 0; i < 20000; ++i) {
    random = random * 1664525 + 1013904223;
    const size_t key = (random >> 8) % model.size();
    const Value key_value = Value::SmallInt(static_cast<int64_t>(key) << 20);
    if ((random >> 20) % 3 == 0) {
      ASSERT_EQ(dict->Remove(key_value)->IsUnset(), model[key] < 0);
      model[key] = -1;
    } else {
      ASSERT_TRUE(dict->Set(key_value, Value::SmallInt(i)).ok());
      model[key] = i;
    }
  }
  for (size_t key = 0; key < model.size(); ++key) {
    const Value found = *dict->Find(Value::SmallInt(static_cast<int64_t>(key) << 20));
    EXPECT_EQ(found.IsUnset() ? -1 : found.small_int(), model[key]);
  }
}

TEST(HeapTest, KeepsReferencedHeapsAlive) {
  Heap heap;
  Value text;
  {
    auto module = FrozenText("m", "x = 'a' + 'b' * 100");
    text = module->Find("x");
    heap.AddReference(module->heap());
  }
  EXPECT_EQ(Str(text).size(), 101u);
}

// One heap for each target of a deep graph: dropping the last must not recurse.
TEST(HeapTest, LongChainsOfHeapsAreDroppedInALoop) {
  std::shared_ptr<const FrozenHeap> last;
  for (int i = 0; i < 200000; ++i) {
    auto heap = std::make_unique<Heap>();
    heap->AddReference(last);
    last = Heap::Freeze(std::move(heap));
  }
  last.reset();
}

TEST(HeapTest, DeepValuesFreezePrintAndDie) {
  auto heap = std::make_unique<Heap>();
  Value value = heap->NewList();
  for (int i = 0; i < 100000; ++i) value = heap->NewList({&value, 1});
  auto frozen = Heap::Freeze(std::move(heap));
  EXPECT_THAT(Repr(value), HasSubstr("[...]"));
  EXPECT_FALSE(Hash(value).ok());
  EXPECT_FALSE(JsonEncode(value).ok());
}

TEST(HeapTest, ConcatenationSharesBuffersButNotChanges) {
  Heap heap;
  const String* base = heap.NewString(std::string(100, 'x'));
  const String* a = heap.Concat(*base, *heap.NewString("1"));
  const String* b = heap.Concat(*a, *heap.NewString("2"));
  const String* c = heap.Concat(*a, *heap.NewString("3"));
  EXPECT_EQ(a->view(), std::string(100, 'x') + "1");
  EXPECT_EQ(b->view(), std::string(100, 'x') + "12");
  EXPECT_EQ(c->view(), std::string(100, 'x') + "13");
  const size_t before = heap.bytes_used();
  for (int i = 0; i < 100000; ++i) b = heap.Concat(*b, *base);
  EXPECT_EQ(b->size(), 102u + 100u * 100000);
  EXPECT_LT(heap.bytes_used() - before, size_t{100} << 20);
}

TEST(HeapTest, LimitsMemory) {
  Heap heap;
  heap.set_byte_limit(1 << 20);
  Thread thread(heap);
  EXPECT_THAT(std::string(RunText(thread, "x = [0] * 1000000").status().message()),
              HasSubstr("out of memory"));
  EXPECT_THAT(std::string(RunText(thread, "x = [[i] for i in range(1000000)]").status().message()),
              HasSubstr("out of memory"));
}

TEST(ModuleTest, GlobalsComeInOrderOfTheirBinding) {
  auto module = FrozenText("m", "b = 1\ndef a(): pass\n_c = 2\n(e, [d]) = (3, [4])\n");
  std::vector<std::string> names;
  for (const Global& global : module->globals()) names.emplace_back(global.name);
  EXPECT_THAT(names, ElementsAre("b", "a", "_c", "e", "d"));
}

TEST(ModuleTest, LoadedValuesAreFrozenAndFunctionsUseTheirOwnGlobals) {
  auto library = FrozenText("lib", "state = [1]\ndef get(): return state\ndef fresh(): return []\n"
                                   "def add(): state.append(2)\n");
  Heap heap;
  Thread thread(heap);
  auto run = [&](const std::string& body) {
    auto program = CompileText("load('lib', 'get', 'fresh', 'add')\n" + body);
    EXPECT_TRUE(program.ok()) << program.status();
    const std::shared_ptr<const FrozenModule> loaded[] = {library};
    absl::StatusOr<Module> module = Execute(*program, thread, ScriptEnvironment(), loaded);
    return module.ok() ? "ok" : std::string(module.status().message());
  };
  EXPECT_EQ(run("get() == [1] or fail()\nfresh().append(1)\n"), "ok");
  EXPECT_THAT(run("get().append(2)"), HasSubstr("trying to mutate a frozen list value"));
  EXPECT_THAT(run("add()"), HasSubstr("trying to mutate a frozen list value"));
  EXPECT_EQ(run("def f():\n for x in get():\n  for y in get(): pass\nf()\n"), "ok");
}

TEST(ModuleTest, OneProgramRunsOnManyThreads) {
  auto library = FrozenText("lib",
                            "table = {str(i): i for i in range(100)}\n"
                            "def total():\n n = 0\n for k in table: n += table[k]\n return n\n");
  auto program = CompileText("load('lib', 'total')\nx = [total() for _ in range(50)]\n");
  ASSERT_TRUE(program.ok()) << program.status();
  std::vector<std::thread> threads;
  std::atomic<int> correct = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Heap heap;
      Thread thread(heap);
      const std::shared_ptr<const FrozenModule> loaded[] = {library};
      absl::StatusOr<Module> module = Execute(*program, thread, ScriptEnvironment(), loaded);
      if (module.ok() && Repr(module->Find("x")).starts_with("[4950, ")) ++correct;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(correct, 4);
}

TEST(ModuleTest, FunctionsOutliveTheProgramVariable) {
  Value function;
  Heap heap;
  {
    auto module = FrozenText("m", "def f(x): return 'text that lives in the constants' + x");
    function = module->Find("f");
    heap.AddReference(module->heap());
  }
  Thread thread(heap);
  const Value argument = heap.NewString("!");
  absl::StatusOr<Value> result = Call(thread, function, {&argument, 1});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(Str(*result), "text that lives in the constants!");
}

}  // namespace
}  // namespace cow::starlark
