// Bytecode: what the compiler makes of a function and the interpreter runs.
//
// A register machine. A frame is a window of registers: parameters first (in declared order), then
// the other locals, then temporaries. Instructions are 64 bits: an opcode and three 16-bit
// operands, the last two of which may form one 32-bit operand d. Jumps are relative to the
// instruction behind them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/starlark/heap.h"
#include "engine/starlark/program.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

// name            effect
// R[i]: register, K: constant, "skip": the next instruction is a Jump that is not taken
#define COW_STARLARK_OPCODES(X)                                                       \
  X(Move)          /* R[a] = R[b] */                                                  \
  X(LoadConst)     /* R[a] = K[d] */                                                  \
  X(LoadInt)       /* R[a] = d */                                                     \
  X(LoadGlobal)    /* R[a] = globals[d], which must be set */                         \
  X(StoreGlobal)   /* globals[d] = R[a] */                                            \
  X(LoadLoaded)    /* R[a] = loaded[d], which must be set */                          \
  X(StoreLoaded)   /* loaded[d] = R[a] */                                             \
  X(LoadPredeclared) /* R[a] = predeclared[d] */                                      \
  X(CheckLocal)    /* R[a] must be set; d: its number */                              \
  X(MakeCell)      /* R[a] = cell of R[a] */                                          \
  X(LoadCell)      /* R[a] = value of cell R[b], which must be set; c: its number */  \
  X(StoreCell)     /* value of cell R[a] = R[b] */                                    \
  X(LoadFree)      /* R[a] = value of captured cell b, which must be set */           \
  X(Add) X(Sub) X(Mul) X(Div) X(FloorDiv) X(Mod)  /* R[a] = R[b] op R[c] */           \
  X(Or) X(Xor) X(And) X(ShiftLeft) X(ShiftRight)                                      \
  X(AddInt) X(SubInt)  /* R[a] = R[b] op (int16) c */                                 \
  /* R[a] = R[b] op= R[c] */                                                          \
  X(InplaceAdd) X(InplaceSub) X(InplaceAnd) X(InplaceOr) X(InplaceXor)                \
  X(Equal) X(NotEqual) X(Less) X(LessEqual) X(Greater) X(GreaterEqual) X(In) X(NotIn) \
  X(Not) X(Negate) X(Plus) X(Invert)  /* R[a] = op R[b] */                            \
  X(Jump)          /* by d */                                                         \
  X(JumpIfFalse) X(JumpIfTrue)  /* on R[a], by d */                                   \
  X(TestEqual) X(TestLess) X(TestLessEqual) X(TestGreater) X(TestGreaterEqual)        \
  X(TestIn)        /* skip if (R[b] op R[c]) == a */                                  \
  X(IterBegin)     /* R[a..a+3] = iteration over R[b] */                              \
  X(IterNext)      /* if there is a next: R[b] = it, skip */                          \
  X(IterAgain)     /* if there is a next: R[b] = it, else skip */                     \
  X(IterEnd)       /* the innermost iteration is over */                              \
  X(NewList)       /* R[a] = [R[b], ..., c of them] */                                \
  X(NewTuple)      /* R[a] = (R[b], ..., c of them) */                                \
  X(AppendMany)    /* list R[a] gets R[b], ..., c of them */                          \
  X(Append)        /* list R[a] gets R[b] */                                          \
  X(ListToTuple)   /* R[a] = tuple of list R[a] */                                    \
  X(NewDict)       /* R[a] = {}, room for d */                                        \
  X(DictInsert)    /* dict R[a]: new key R[b], value R[c] */                          \
  X(DictSet)       /* dict R[a]: key R[b], value R[c] */                              \
  X(Index)         /* R[a] = R[b][R[c]] */                                            \
  X(SetIndex)      /* R[a][R[b]] = R[c] */                                            \
  X(Slice)         /* R[a] = R[b][R[b+1]:R[b+2]:R[b+3]] */                            \
  X(GetAttr)       /* R[a] = R[b].name[c] */                                          \
  X(SetAttr)       /* R[a].name[c] = R[b] */                                          \
  X(MakeFunction)  /* R[a] = function c with defaults R[b], ... */                    \
  X(Call)          /* R[a] = R[a](R[a+1], ..., b of them) */                          \
  X(CallSpecial)   /* same, also named and star arguments: call site c */             \
  X(CallMethod)    /* R[a] = R[a].name[c](R[a+1], ..., b of them) */                  \
  X(CallMethodSpecial) /* same for call site c, which has the name */                 \
  X(Unpack)        /* R[a], ..., c of them = R[b] */                                  \
  X(Load)          /* bind the names of load statement d */                           \
  X(Return)        /* R[a] */                                                         \
  X(ReturnNone)

enum class Op : uint16_t {
#define COW_STARLARK_OP(name) k##name,
  COW_STARLARK_OPCODES(COW_STARLARK_OP)
#undef COW_STARLARK_OP
};

struct Instruction {
  Op op;
  uint16_t a;
  uint16_t b;
  uint16_t c;

  int32_t d() const { return static_cast<int32_t>(b | static_cast<uint32_t>(c) << 16); }
  void set_d(int32_t value) {
    b = static_cast<uint16_t>(value);
    c = static_cast<uint16_t>(static_cast<uint32_t>(value) >> 16);
  }
};
static_assert(sizeof(Instruction) == 8);

// A call with more than positional arguments. After the positional ones come the values of the
// named ones, then those of *args and **kwargs.
struct CallSite {
  const String* method = nullptr;
  uint16_t positional = 0;
  std::vector<const String*> names;
  bool star = false;
  bool star_star = false;
};

// Where a function finds a variable it captures, when it is made.
struct Captured {
  bool from_local;  // register of the enclosing frame, else one of its own captured cells
  uint32_t index;
};

// One function.
struct Code {
  const Program::Body* body = nullptr;
  const String* name = nullptr;
  uint32_t begin = 0;  // byte offset of its name or `lambda`
  const String* doc = nullptr;
  bool is_global_def = false;
  bool is_toplevel = false;

  // Parameters, by register.
  std::vector<const String*> parameters;
  uint32_t positional = 0;       // the first ones, which a positional argument may fill
  uint32_t keyword_only = 0;     // behind them (and *args)
  bool rest = false;             // *args: register `positional`
  bool named_rest = false;       // **kwargs: the last parameter's register
  std::vector<int> defaults;     // by register: index among the default values, or -1
  uint32_t default_count = 0;
  bool simple = false;           // only positional parameters without cells

  uint32_t registers = 0;
  std::vector<uint32_t> cells;   // registers of parameters and locals that live in cells
  std::vector<const String*> locals;
  std::vector<const String*> free;
  std::vector<Captured> captured;  // one for each of `free`
  std::vector<Instruction> code;
  std::vector<uint32_t> offsets;  // in the source, by instruction
  std::vector<Value> constants;
  std::vector<const String*> names;
  std::vector<CallSite> call_sites;
  std::vector<const Code*> functions;

  uint32_t keyword_begin() const { return positional + (rest ? 1 : 0); }
};

// What a Program holds. `constants` keeps all literals and is referred to by every heap that
// executes it.
struct Program::Body {
  std::shared_ptr<const SourceFile> source;
  std::shared_ptr<const FrozenHeap> constants;
  std::vector<std::unique_ptr<Code>> functions;  // the last one is the file's own
  const Code* toplevel = nullptr;
  std::vector<const String*> globals;
  std::vector<const String*> loaded;
  std::vector<const String*> predeclared;
  struct LoadBinding {
    bool is_global;  // a name that a file with rebinding also assigns
    uint32_t local;  // in `loaded` or `globals`
    const String* exported;
  };
  std::vector<std::vector<LoadBinding>> load_bindings;  // by load statement
};

}  // namespace cow::starlark
