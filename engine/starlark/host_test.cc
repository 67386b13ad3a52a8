// The interface to the embedding program: host objects, builtins, calls, positions, limits.
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/eval_error.h"
#include "engine/starlark/test_program.h"
#include "gmock/gmock.h"

namespace cow::starlark {
namespace {

using Result = absl::StatusOr<Value>;
using testing::ElementsAre;
using testing::HasSubstr;

int live_vectors = 0;

// A pair of ints: attributes, methods, arithmetic, order, iteration.
class Vector final : public HostObject {
 public:
  static constexpr HostType kType{"Vector"};
  Vector(int64_t x, int64_t y) : HostObject(kType), x_(x), y_(y) { ++live_vectors; }
  ~Vector() override { --live_vectors; }

  int64_t x() const { return x_; }

  void Repr(std::string& out) const override {
    out += "Vector(" + std::to_string(x_) + ", " + std::to_string(y_) + ")";
  }
  absl::StatusOr<uint64_t> Hash() const override { return static_cast<uint64_t>(x_ * 31 + y_); }
  absl::StatusOr<bool> Equals(const HostObject& other) const override {
    const auto& v = static_cast<const Vector&>(other);
    return v.x_ == x_ && v.y_ == y_;
  }
  bool Ordered() const override { return true; }
  int Compare(const HostObject& other) const override {
    return static_cast<int>(x_ - static_cast<const Vector&>(other).x_);
  }
  Result GetAttr(Thread& thread, const String* name) const override {
    if (name->view() == "x") return thread.heap().NewInt(x_);
    if (name->view() == "y") return thread.heap().NewInt(y_);
    return Value();
  }
  std::vector<std::string> AttrNames() const override { return {"x", "y"}; }
  const MethodTable* Methods() const override {
    static const MethodTable kMethods({{"scaled", &Scaled}, {"set_x", &SetX}});
    return &kMethods;
  }
  bool Indexable() const override { return true; }
  Result Index(Thread& thread, Value key) const override {
    if (key.ToInt64() == 0) return thread.heap().NewInt(x_);
    if (key.ToInt64() == 1) return thread.heap().NewInt(y_);
    return absl::InvalidArgumentError("no such coordinate");
  }
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(Value key) const override {
    return key.ToInt64() == x_ || key.ToInt64() == y_;
  }
  bool Iterable() const override { return true; }
  void Elements(std::vector<Value>& out) const override {
    out.push_back(Value::SmallInt(x_));
    out.push_back(Value::SmallInt(y_));
  }
  int64_t Length() const override { return 2; }
  Result Binary(Thread& thread, BinaryOp op, Value other, bool self_is_left) const override {
    if (const Vector* v = other.As<Vector>(); v != nullptr && op == BinaryOp::kAdd) {
      return thread.heap().New<Vector>(x_ + v->x_, y_ + v->y_);
    }
    if (op == BinaryOp::kMul && !self_is_left && other.IsSmallInt()) {
      return thread.heap().New<Vector>(x_ * other.small_int(), y_ * other.small_int());
    }
    return Value();
  }

 private:
  static Result Scaled(Thread& thread, const Arguments& args) {
    int64_t by = 2;
    COW_RETURN_IF_ERROR(UnpackArgs(args, {Optional("by", &by)}));
    const Vector* self = args.Receiver<Vector>();
    return thread.heap().New<Vector>(self->x_ * by, self->y_ * by);
  }
  static Result SetX(Thread&, const Arguments& args) {
    auto* self = args.Receiver<Vector>();
    COW_RETURN_IF_ERROR(self->CheckMutable());
    COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("x", &self->x_)}));
    return Value::None();
  }

  int64_t x_;
  int64_t y_;
};

// Like rule() or provider(): called from programs, and makes structs of its own.
class Maker final : public HostObject {
 public:
  static constexpr HostType kType{"Maker"};
  Maker() : HostObject(kType) {}
  bool Callable() const override { return true; }
  std::string_view CallName() const override { return "MyInfo"; }
  std::string_view InstanceName() const override { return "MyInfo"; }
  Result Call(Thread& thread, const Arguments& args) override {
    return thread.heap().NewStruct(this, args.named());
  }
};

struct Log {
  std::vector<std::string> lines;
};

Result MakeVector(Thread& thread, const Arguments& args) {
  int64_t x;
  int64_t y = 0;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("x", &x), Optional("y", &y)}));
  return thread.heap().New<Vector>(x, y);
}

Result Note(Thread& thread, const Arguments&) {
  Log* log = thread.Host<Log>();
  if (log == nullptr) return absl::FailedPreconditionError("not allowed here");
  log->lines.push_back(thread.CallerLocation().ToString() + " from " +
                       thread.OutermostLocation().ToString());
  return Value::None();
}

Result Apply(Thread& thread, const Arguments& args) {
  Callable function;
  std::vector<Value> rest;
  std::vector<NamedValue> named;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("function", &function), Rest(&rest), KwRest(&named)}));
  return Call(thread, function.value, rest, named);
}

Result Typed(Thread&, const Arguments& args) {
  bool flag = false;
  std::string text;
  List* list = nullptr;
  std::optional<std::string> maybe;
  Vector* vector = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("text", &text), Noneable(Optional("list", &list)), KwOptional("flag", &flag),
             KwOptional("maybe", &maybe), KwOptional("vector", &vector)}));
  return Value::Bool(list != nullptr && flag && maybe && vector != nullptr);
}

const Environment& HostEnvironment() {
  static const Environment* const kEnvironment = [] {
    auto* environment = new Environment();
    environment->AddAll(ScriptEnvironment());
    auto heap = std::make_unique<Heap>();
    for (auto [name, function] :
         {std::pair<std::string_view, BuiltinFunction>{"Vector", &MakeVector},
          {"note", &Note},
          {"apply", &Apply},
          {"typed", &Typed}}) {
      environment->Set(name, heap->New<Builtin>(Intern(name), function));
    }
    environment->Set("MyInfo", heap->New<Maker>());
    environment->AddReference(Heap::Freeze(std::move(heap)));
    return environment;
  }();
  return *kEnvironment;
}

std::string Fails(const std::string& text) { return ErrorOf(text, HostEnvironment()); }

TEST(HostObjectTest, TakesPartInTheLanguage) {
  EXPECT_EQ(Fails(R"star(
v = Vector(1, y = 2)
checks = [
    str(v) == "Vector(1, 2)", type(v) == "Vector", v.x == 1, v.y == 2, v[1] == 2, 2 in v,
    3 not in v,
    list(v) == [1, 2], len(v) == 2, v + v == Vector(2, 4), 3 * v == Vector(3, 6), v < Vector(2, 0),
    {v: 1}[Vector(1, 2)] == 1, v.scaled() == Vector(2, 4), v.scaled(by = 3) == Vector(3, 6),
    hasattr(v, "x"), not hasattr(v, "z"), dir(v) == ["scaled", "set_x", "x", "y"],
    [e for e in v] == [1, 2], v != 1, max(v) == 2,
    sorted([Vector(3), v])[0] == v, str(v.scaled) == "<built-in method scaled of Vector value>",
]
all(checks) or fail(checks)
def unpack():
    a, b = v
    return a + b
unpack() == 3 or fail()
v.set_x(9)
v.x == 9 or fail()
)star"),
            "ok");
}

TEST(HostObjectTest, RefusesWhatItLacks) {
  EXPECT_THAT(Fails("Vector(1).z"), HasSubstr("'Vector' value has no field or method 'z'"));
  EXPECT_THAT(Fails("Vector(1).scald()"), HasSubstr("did you mean 'scaled'"));
  EXPECT_THAT(Fails("Vector(1) * 2"), HasSubstr("unsupported binary operation: Vector * int"));
  EXPECT_THAT(Fails("Vector(1)()"), HasSubstr("'Vector' object is not callable"));
  EXPECT_THAT(Fails("Vector(1)[5]"), HasSubstr("Error: no such coordinate"));
  EXPECT_THAT(Fails("Vector(1) < 3"), HasSubstr("unsupported comparison: Vector <=> int"));
}

TEST(HostObjectTest, MakesStructsOfItsOwn) {
  EXPECT_EQ(Fails("i = MyInfo(b = 1, a = 2)\n"
                  "str(i) == 'MyInfo(a = 2, b = 1)' or fail(i)\n"
                  "i == MyInfo(a = 2, b = 1) or fail()\n"
                  "i != struct(a = 2, b = 1) or fail()\n"),
            "ok");
}

TEST(HostObjectTest, IsDestroyedWithItsHeap) {
  const int before = live_vectors;
  {
    auto heap = std::make_unique<Heap>();
    Thread thread(*heap);
    ASSERT_TRUE(RunText(thread, "v = [Vector(1), Vector(2)]", HostEnvironment()).ok());
    EXPECT_EQ(live_vectors, before + 2);
    std::shared_ptr<const FrozenHeap> frozen = Heap::Freeze(std::move(heap));
    EXPECT_EQ(live_vectors, before + 2);
  }
  EXPECT_EQ(live_vectors, before);
}

TEST(HostObjectTest, AsIsExact) {
  Heap heap;
  Value vector = heap.New<Vector>(1, 2);
  Value maker = heap.New<Maker>();
  EXPECT_EQ(vector.As<Vector>()->x(), 1);
  EXPECT_EQ(maker.As<Vector>(), nullptr);
  EXPECT_EQ(vector.As<List>(), nullptr);
  EXPECT_EQ(Value::SmallInt(1).As<Vector>(), nullptr);
}

TEST(UnpackArgsTest, GivesUniformErrors) {
  EXPECT_THAT(Fails("typed()"), HasSubstr("typed() missing 1 required positional argument: text"));
  EXPECT_THAT(Fails("typed(1)"), HasSubstr("in call to typed(), parameter 'text' got value of type "
                                           "'int', want 'string'"));
  EXPECT_THAT(Fails("typed('a', ())"), HasSubstr("want 'list' or 'NoneType'"));
  EXPECT_THAT(Fails("typed('a', None, 1)"),
              HasSubstr("typed() accepts no more than 2 positional arguments but got 3"));
  EXPECT_THAT(Fails("typed('a', txt = 1)"),
              HasSubstr("typed() got unexpected keyword argument 'txt' (did you mean 'text'?)"));
  EXPECT_THAT(Fails("typed('a', text = 'b')"),
              HasSubstr("got multiple values for argument 'text'"));
  EXPECT_THAT(Fails("typed('a', vector = 1)"), HasSubstr("want 'Vector'"));
  EXPECT_EQ(Fails("typed('a', [], flag = True, maybe = 'm', vector = Vector(1)) or fail()"), "ok");
  EXPECT_EQ(Fails("typed('a', maybe = None) and fail()"), "ok");
}

TEST(TracebackTest, HasTheFormOfBazel) {
  EXPECT_EQ(Fails("def f(x):\n"
                  "    return x.append(1, 2)\n"
                  "\n"
                  "f([])\n"),
            "Traceback (most recent call last):\n"
            "\tFile \"test.star\", line 4, column 2, in <toplevel>\n"
            "\t\tf([])\n"
            "\tFile \"test.star\", line 2, column 20, in f\n"
            "\t\treturn x.append(1, 2)\n"
            "Error in append: append() accepts no more than 1 positional argument but got 2");
}

TEST(TracebackTest, GoesThroughBuiltinsThatCallBack) {
  EXPECT_THAT(Fails("def key(x): return 1 // x\nsorted([0], key = key)\n"),
              HasSubstr("\t\tsorted([0], key = key)\n"
                        "\tFile \"<builtin>\", in sorted\n"
                        "\tFile \"test.star\", line 1, column 22, in key\n"));
}

TEST(TracebackTest, NamesTheBuiltinThatFailed) {
  EXPECT_THAT(Fails("sorted([1, 'a'], key = lambda x: str(x) and x)"), HasSubstr("Error in sorted: "));
  EXPECT_THAT(Fails("sorted([1, 'a'], key = len)"), HasSubstr("Error in len: "));
}

TEST(TracebackTest, TellsTextAndPlaceApart) {
  Heap heap;
  Thread thread(heap);
  absl::StatusOr<Module> module = RunText(thread, "x = 1\nfail('stop')\n");
  EXPECT_EQ(ErrorText(module.status()), "stop");
  EXPECT_EQ(ErrorLocation(module.status()).ToString(), "test.star:2:5");
  EXPECT_TRUE(IsDiagnostic(module.status()));
}

TEST(ThreadTest, KnowsWhereItsCallersAre) {
  Heap heap;
  Thread thread(heap);
  Log log;
  thread.SetHost(&log);
  ASSERT_TRUE(RunText(thread, "def macro():\n    note()\n\nmacro()\n", HostEnvironment()).ok());
  EXPECT_THAT(log.lines, ElementsAre("test.star:2:9 from test.star:4:6"));
}

TEST(ThreadTest, HostDataMayBeAbsent) {
  EXPECT_THAT(Fails("note()"), HasSubstr("Error in note: not allowed here"));
}

TEST(ThreadTest, StopsAtTheStepLimit) {
  Heap heap;
  Thread thread(heap);
  thread.set_step_limit(1000);
  absl::StatusOr<Module> module = RunText(thread, "x = [i for i in range(1000000)]");
  EXPECT_EQ(module.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(module.status().message()), HasSubstr("too many steps (limit 1000)"));
}

TEST(ThreadTest, StopsWhenCancelled) {
  Heap heap;
  Thread thread(heap);
  std::atomic<bool> cancelled = true;
  thread.set_cancel_flag(&cancelled);
  EXPECT_EQ(RunText(thread, "x = [i for i in range(1000000)]").status().code(),
            absl::StatusCode::kCancelled);
}

TEST(ThreadTest, StopsAtTheDepthLimit) {
  std::string text = "def f0(): return 0\n";
  for (int i = 1; i < 5000; ++i) {
    text += "def f" + std::to_string(i) + "(): return f" + std::to_string(i - 1) + "()\n";
  }
  EXPECT_EQ(ErrorOf(text + "f1500()"), "ok");
  EXPECT_THAT(ErrorOf(text + "f4999()"), HasSubstr("call stack is too deep"));
}

TEST(ThreadTest, DeepCallsThroughBuiltinsAreRefused) {
  std::string text = "def f0(x): return 0\n";
  for (int i = 1; i < 1000; ++i) {
    text += "def f" + std::to_string(i) + "(x): return sorted([1], key = f" +
            std::to_string(i - 1) + ")\n";
  }
  EXPECT_THAT(ErrorOf(text + "f999(1)"), HasSubstr("nested too deeply"));
}

TEST(ThreadTest, PrintGoesToTheHandler) {
  Heap heap;
  Thread thread(heap);
  std::vector<std::string> lines;
  thread.set_print_handler([&](const Location& caller, std::string_view text) {
    lines.push_back(caller.ToString() + "|" + std::string(text));
  });
  ASSERT_TRUE(RunText(thread, "print('a', 1, sep = '-')").ok());
  EXPECT_THAT(lines, ElementsAre("test.star:1:6|a-1"));
}

TEST(CallTest, PassesArgumentsFromCpp) {
  auto module = FrozenText("m", "def f(a, b = 2, *args, **kwargs): return [a, b, args, kwargs]");
  Heap heap;
  heap.AddReference(module->heap());
  Thread thread(heap);
  const Value positional[] = {Value::SmallInt(1), Value::SmallInt(5), Value::SmallInt(6)};
  const NamedValue named[] = {{Intern("k"), Value::None()}};
  absl::StatusOr<Value> result = Call(thread, module->Find("f"), positional, named);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Repr(*result), "[1, 5, (6,), {\"k\": None}]");
  EXPECT_THAT(std::string(Call(thread, module->Find("f"), {}).status().message()),
              HasSubstr("f() missing 1 required positional argument: a"));
}

TEST(CallTest, WorksWithinCalls) {
  EXPECT_EQ(Fails("def f(*a, **k): return (a, k)\n"
                  "apply(f, 1, x = 2) == ((1,), {'x': 2}) or fail()\n"
                  "apply(apply, apply, f, 3) == ((3,), {}) or fail()\n"
                  "apply(len, [1]) == 1 or fail()\n"),
            "ok");
}

TEST(FunctionTest, DescribesItself) {
  auto module = FrozenText("m",
                           "def f(a, b = 1, *args, k, **kw):\n"
                           "    \"\"\"Doc.\"\"\"\n"
                           "def outer(x):\n"
                           "    def inner(): return x\n"
                           "    return inner\n"
                           "inner = outer(1)\n"
                           "anonymous = lambda y: y\n");
  const Function* f = module->Find("f").As<Function>();
  EXPECT_EQ(f->name(), "f");
  EXPECT_THAT(f->ParameterNames(), ElementsAre("a", "b", "args", "k", "kw"));
  EXPECT_TRUE(f->HasRestPositional() && f->HasRestNamed());
  EXPECT_EQ(f->doc(), "Doc.");
  EXPECT_EQ(f->location().ToString(), "test.star:1:5");
  EXPECT_TRUE(f->IsGlobalDef());
  EXPECT_FALSE(f->IsClosure());
  const Function* inner = module->Find("inner").As<Function>();
  EXPECT_TRUE(inner->IsClosure());
  EXPECT_FALSE(inner->IsGlobalDef());
  EXPECT_EQ(module->Find("anonymous").As<Function>()->name(), "lambda");
  EXPECT_FALSE(module->Find("anonymous").As<Function>()->IsGlobalDef());
}

}  // namespace
}  // namespace cow::starlark
