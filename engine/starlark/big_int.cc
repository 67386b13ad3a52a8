// Ints that do not fit in 63 bits. GMP works on read-only views of the limbs in the heap; results
// are computed in temporaries and copied there, or become small ints again.
#include <gmp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/work_meter.h"
#include "engine/starlark/string_value.h"

namespace cow::starlark {

namespace {

static_assert(sizeof(mp_limb_t) == 8 && sizeof(long) == 8);  // NOLINT

constexpr int64_t kShiftLimit = 512;
// Larger numbers are refused: repeated squaring must not take the machine.
constexpr size_t kMaxBits = size_t{1} << 26;

class BigInt final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kInt;
  explicit BigInt(int signed_limbs) : HeapObject(kKind) {
    word_ = static_cast<uint32_t>(signed_limbs);
  }
  // Less limbs than were allocated, at least one.
  void Shorten(size_t limbs) { word_ = static_cast<uint32_t>(limbs); }
  int signed_limbs() const { return static_cast<int32_t>(word_); }
  mp_limb_t* limbs() { return reinterpret_cast<mp_limb_t*>(this + 1); }
};

// A GMP number made from a Value: a view of a BigInt, or a copy of a small int.
class Operand {
 public:
  explicit Operand(Value value) {
    if (value.IsSmallInt()) {
      const int64_t small = value.small_int();
      limb_ = small < 0 ? 0 - static_cast<mp_limb_t>(small) : static_cast<mp_limb_t>(small);
      mpz_roinit_n(number_, &limb_, small < 0 ? -1 : (small > 0 ? 1 : 0));
    } else {
      auto* big = static_cast<BigInt*>(value.object());
      mpz_roinit_n(number_, big->limbs(), big->signed_limbs());
    }
  }
  operator mpz_srcptr() const { return number_; }  // NOLINT
  int sign() const { return mpz_sgn(number_); }

 private:
  mp_limb_t limb_ = 0;
  mpz_t number_;
};

// Number of limbs of an int's magnitude.
uint64_t LimbsOf(Value value) {
  if (value.IsSmallInt()) return 1;
  return static_cast<uint64_t>(std::abs(static_cast<BigInt*>(value.object())->signed_limbs()));
}

// Steps, measured with GMP 6.2 up to a million limbs. What is not linear grows as the number of
// limbs times the square of its logarithm.
uint64_t NearlyLinear(uint64_t limbs) {
  const auto bits = static_cast<uint64_t>(std::bit_width(limbs));
  return limbs * bits * bits;
}
uint64_t RadixWork(uint64_t limbs) { return limbs < 2 ? 0 : NearlyLinear(limbs) / 2; }

uint64_t BinaryWork(BinaryOp op, Value a, Value b) {
  const uint64_t x = LimbsOf(a);
  const uint64_t y = LimbsOf(b);
  const uint64_t longer = std::max(x, y);
  const uint64_t shorter = std::min(x, y);
  const auto bits = static_cast<uint64_t>(std::bit_width(shorter));
  switch (op) {
    case BinaryOp::kMul: return longer * bits * bits / 16;
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod: return x < y ? longer / 8 : longer * bits * bits / 8;
    default: return longer / 8;
  }
}

class Temporary {
 public:
  Temporary() { mpz_init(number_); }
  ~Temporary() { mpz_clear(number_); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  operator mpz_ptr() { return number_; }  // NOLINT

  Value ToValue(Heap& heap) {
    if (mpz_fits_slong_p(number_) != 0) {
      const int64_t small = mpz_get_si(number_);
      if (Value::FitsSmallInt(small)) return Value::SmallInt(small);
    }
    const size_t count = mpz_size(number_);
    void* memory = heap.Allocate(sizeof(BigInt) + count * sizeof(mp_limb_t));
    const int signed_limbs = static_cast<int>(count) * (mpz_sgn(number_) < 0 ? -1 : 1);
    auto* big = new (memory) BigInt(signed_limbs);
    std::memcpy(big->limbs(), mpz_limbs_read(number_), count * sizeof(mp_limb_t));
    return big;
  }

 private:
  mpz_t number_;
};

using Wide = unsigned __int128;

// Magnitude of an int of one limb; false if it has more.
bool OneLimb(Value value, mp_limb_t* magnitude, bool* negative) {
  if (value.IsSmallInt()) {
    const int64_t small = value.small_int();
    *negative = small < 0;
    *magnitude = small < 0 ? 0 - static_cast<mp_limb_t>(small) : static_cast<mp_limb_t>(small);
    return true;
  }
  auto* big = static_cast<BigInt*>(value.object());
  *negative = big->signed_limbs() < 0;
  *magnitude = big->limbs()[0];
  return big->signed_limbs() == 1 || big->signed_limbs() == -1;
}

BigInt* NewLimbs(Heap& heap, size_t count, bool negative) {
  void* memory = heap.Allocate(sizeof(BigInt) + count * sizeof(mp_limb_t));
  return new (memory) BigInt(static_cast<int>(count) * (negative ? -1 : 1));
}

Value FromWide(Heap& heap, Wide magnitude, bool negative) {
  if (magnitude <= static_cast<Wide>(Value::kMaxSmallInt)) {
    const auto small = static_cast<int64_t>(magnitude);
    return Value::SmallInt(negative ? -small : small);
  }
  if (negative && magnitude == static_cast<Wide>(Value::kMaxSmallInt) + 1) {
    return Value::SmallInt(Value::kMinSmallInt);
  }
  const auto high = static_cast<mp_limb_t>(magnitude >> 64);
  BigInt* big = NewLimbs(heap, high == 0 ? 1 : 2, negative);
  big->limbs()[0] = static_cast<mp_limb_t>(magnitude);
  if (high != 0) big->limbs()[1] = high;
  return big;
}

// a op b for magnitudes of one limb, where the result has at most two; unset if it has to be
// computed otherwise.
Value OneLimbBinary(Heap& heap, BinaryOp op, Value a, Value b) {
  mp_limb_t x;
  mp_limb_t y;
  bool x_negative;
  bool y_negative;
  if (!OneLimb(a, &x, &x_negative) || !OneLimb(b, &y, &y_negative)) return Value();
  switch (op) {
    case BinaryOp::kSub: y_negative = !y_negative; [[fallthrough]];
    case BinaryOp::kAdd:
      if (x_negative == y_negative) return FromWide(heap, Wide{x} + y, x_negative);
      return x >= y ? FromWide(heap, x - y, x_negative) : FromWide(heap, y - x, y_negative);
    case BinaryOp::kMul: return FromWide(heap, Wide{x} * y, x_negative != y_negative);
    default: break;
  }
  if (x_negative || y_negative) return Value();
  switch (op) {
    case BinaryOp::kFloorDiv: return y == 0 ? Value() : FromWide(heap, x / y, false);
    case BinaryOp::kMod: return y == 0 ? Value() : FromWide(heap, x % y, false);
    case BinaryOp::kOr: return FromWide(heap, x | y, false);
    case BinaryOp::kXor: return FromWide(heap, x ^ y, false);
    case BinaryOp::kAnd: return FromWide(heap, x & y, false);
    case BinaryOp::kShiftLeft:
      if (y > 64) return Value();
      return FromWide(heap, y == 64 ? Wide{x} << 32 << 32 : Wide{x} << y, false);
    case BinaryOp::kShiftRight: return FromWide(heap, y >= 64 ? 0 : x >> y, false);
    default: return Value();
  }
}

// Limbs of an int that is not negative; a small one is put into `*limb`.
struct Limbs {
  const mp_limb_t* at;
  mp_size_t count;
};
bool NaturalLimbs(Value value, mp_limb_t* limb, Limbs* result) {
  if (value.IsSmallInt()) {
    if (value.small_int() <= 0) return false;
    *limb = static_cast<mp_limb_t>(value.small_int());
    *result = {limb, 1};
    return true;
  }
  auto* big = static_cast<BigInt*>(value.object());
  *result = {big->limbs(), big->signed_limbs()};
  return big->signed_limbs() > 0;
}

// Sums, products with one limb and intersections of positive ints, computed where the result will
// lie; unset for everything else.
Value NaturalBinary(Heap& heap, BinaryOp op, Value a, Value b) {
  mp_limb_t limbs[2];
  Limbs x;
  Limbs y;
  if (!NaturalLimbs(a, &limbs[0], &x) || !NaturalLimbs(b, &limbs[1], &y)) return Value();
  if (x.count < y.count) std::swap(x, y);
  const auto longer = static_cast<size_t>(x.count);
  NoteWork(longer / 16);
  switch (op) {
    case BinaryOp::kAdd: {
      BigInt* sum = NewLimbs(heap, longer + 1, false);
      const mp_limb_t carry = mpn_add(sum->limbs(), x.at, x.count, y.at, y.count);
      sum->limbs()[longer] = carry;
      if (carry == 0) sum->Shorten(longer);
      return sum;
    }
    case BinaryOp::kMul: {
      if (y.count != 1) return Value();
      BigInt* product = NewLimbs(heap, longer + 1, false);
      const mp_limb_t carry = mpn_mul_1(product->limbs(), x.at, x.count, y.at[0]);
      product->limbs()[longer] = carry;
      if (carry == 0) product->Shorten(longer);
      return product;
    }
    case BinaryOp::kAnd: {
      if (y.count > 1) return Value();
      return FromWide(heap, x.at[0] & y.at[0], false);
    }
    default: return Value();
  }
}

absl::Status TooLarge() { return absl::InvalidArgumentError("integer too large"); }

bool IsLarge(Value big) {
  const size_t bits = static_cast<size_t>(std::abs(static_cast<BigInt*>(big.object())->signed_limbs())) * 64;
  return bits > kMaxBits;
}

absl::StatusOr<Value> Shift(Heap& heap, BinaryOp op, Value a, Value b) {
  if (IntSign(b) < 0) {
    return absl::InvalidArgumentError(absl::StrCat("negative shift count: ", IntToString(b)));
  }
  const bool left = op == BinaryOp::kShiftLeft;
  if (!b.IsSmallInt() || b.small_int() >= kShiftLimit) {
    if (left) {
      return absl::InvalidArgumentError(absl::StrCat("shift count too large: ", IntToString(b)));
    }
    if (!b.IsSmallInt()) return Value::SmallInt(IntSign(a) < 0 ? -1 : 0);
  }
  const auto count = static_cast<mp_bitcnt_t>(b.small_int());
  Temporary result;
  if (left) {
    mpz_mul_2exp(result, Operand(a), count);
  } else {
    mpz_fdiv_q_2exp(result, Operand(a), count);
  }
  if (mpz_sizeinbase(result, 2) > kMaxBits) return TooLarge();
  return result.ToValue(heap);
}

uint32_t Mix(uint64_t bits) {
  bits ^= bits >> 32;
  bits *= 0x9e3779b97f4a7c15u;
  bits ^= bits >> 29;
  return static_cast<uint32_t>(bits >> 16);
}

}  // namespace

std::optional<int64_t> Value::ToInt64() const {
  if (IsSmallInt()) return small_int();
  if (!Is(Kind::kInt)) return std::nullopt;
  Operand number(*this);
  if (mpz_fits_slong_p(number) == 0) return std::nullopt;
  return mpz_get_si(number);
}

Value NewBigInt(Heap& heap, int64_t value) {
  Temporary number;
  mpz_set_si(number, value);
  return number.ToValue(heap);
}

absl::StatusOr<Value> IntBinary(Heap& heap, BinaryOp op, Value a, Value b) {
  Value quick = OneLimbBinary(heap, op, a, b);
  if (quick.IsUnset()) quick = NaturalBinary(heap, op, a, b);
  if (!quick.IsUnset()) {
    if (!quick.IsSmallInt() && IsLarge(quick)) return TooLarge();
    return quick;
  }
  COW_RETURN_IF_ERROR(ChargeWork(BinaryWork(op, a, b)));
  Temporary result;
  switch (op) {
    case BinaryOp::kAdd: mpz_add(result, Operand(a), Operand(b)); break;
    case BinaryOp::kSub: mpz_sub(result, Operand(a), Operand(b)); break;
    case BinaryOp::kMul: {
      Operand x(a);
      Operand y(b);
      if (mpz_sizeinbase(x, 2) + mpz_sizeinbase(y, 2) > kMaxBits) return TooLarge();
      mpz_mul(result, x, y);
      break;
    }
    case BinaryOp::kFloorDiv:
      if (IntSign(b) == 0) return absl::InvalidArgumentError("integer division by zero");
      mpz_fdiv_q(result, Operand(a), Operand(b));
      break;
    case BinaryOp::kMod:
      if (IntSign(b) == 0) return absl::InvalidArgumentError("integer modulo by zero");
      mpz_fdiv_r(result, Operand(a), Operand(b));
      break;
    case BinaryOp::kOr: mpz_ior(result, Operand(a), Operand(b)); break;
    case BinaryOp::kXor: mpz_xor(result, Operand(a), Operand(b)); break;
    case BinaryOp::kAnd: mpz_and(result, Operand(a), Operand(b)); break;
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight: return Shift(heap, op, a, b);
    case BinaryOp::kDiv: return absl::InternalError("int division is float division");
  }
  if (mpz_sizeinbase(result, 2) > kMaxBits) return TooLarge();
  return result.ToValue(heap);
}

Value IntNegate(Heap& heap, Value value) {
  NoteWork(LimbsOf(value) / 8);
  Temporary result;
  mpz_neg(result, Operand(value));
  return result.ToValue(heap);
}

Value IntInvert(Heap& heap, Value value) {
  NoteWork(LimbsOf(value) / 8);
  Temporary result;
  mpz_com(result, Operand(value));
  return result.ToValue(heap);
}

int IntSign(Value value) {
  if (value.IsSmallInt()) return value.small_int() < 0 ? -1 : (value.small_int() > 0 ? 1 : 0);
  return static_cast<BigInt*>(value.object())->signed_limbs() < 0 ? -1 : 1;
}

int IntCompare(Value a, Value b) {
  if (a.IsSmallInt() && b.IsSmallInt()) {
    return a.small_int() < b.small_int() ? -1 : (a.small_int() > b.small_int() ? 1 : 0);
  }
  NoteWork(std::min(LimbsOf(a), LimbsOf(b)) / 16);
  const int order = mpz_cmp(Operand(a), Operand(b));
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

int IntCompareFloat(Value integer, double number) {
  if (std::isinf(number)) return number > 0 ? -1 : 1;
  const int order = mpz_cmp_d(Operand(integer), number);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

std::string IntToString(Value value, int base) {
  if (base == 10 && value.IsSmallInt()) return absl::StrCat(value.small_int());
  // What is refused here ends the evaluation; nobody reads the text.
  if (!ChargeWork(RadixWork(LimbsOf(value))).ok()) return "...";
  Operand number(value);
  std::string text(mpz_sizeinbase(number, base) + 2, '\0');
  mpz_get_str(text.data(), base, number);
  text.resize(std::strlen(text.c_str()));
  return text;
}

uint32_t IntHash(Value value) {
  if (value.IsSmallInt()) return SmallIntHash(value.small_int());
  auto* big = static_cast<BigInt*>(value.object());
  const auto count = static_cast<size_t>(std::abs(big->signed_limbs()));
  NoteWork(count / 16);
  uint64_t mixed = static_cast<uint64_t>(big->signed_limbs());
  for (size_t i = 0; i < count; ++i) mixed = mixed * 0x100000001b3u + big->limbs()[i];
  return Mix(mixed);
}

uint32_t FloatHash(double number) {
  if (std::isfinite(number) && number == std::floor(number)) {
    if (std::abs(number) < 4e18) return SmallIntHash(static_cast<int64_t>(number));
    Heap scratch;
    return IntHash(IntFromDouble(scratch, number));
  }
  if (std::isnan(number)) return 3;
  uint64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return Mix(bits);
}

absl::StatusOr<double> IntToDouble(Value value) {
  if (value.IsSmallInt()) return static_cast<double>(value.small_int());
  // mpz_get_d truncates; round half to even instead, as reading the decimal digits would.
  Operand number(value);
  const size_t bits = mpz_sizeinbase(number, 2);
  double result;
  if (bits <= 64) {
    result = number.sign() * static_cast<double>(mpz_getlimbn(number, 0));
  } else {
    // 64 leading bits, the lowest of them made sticky: enough to round a 53-bit mantissa right.
    Temporary top;
    const size_t dropped = bits - 64;
    mpz_tdiv_q_2exp(top, number, dropped);
    uint64_t mantissa = mpz_getlimbn(top, 0);
    if (mpz_scan1(number, 0) < dropped) mantissa |= 1;
    result = std::ldexp(static_cast<double>(mantissa) * number.sign(),
                        static_cast<int>(std::min<size_t>(dropped, 100000)));
  }
  if (std::isinf(result)) return absl::InvalidArgumentError("int too large to convert to float");
  return result;
}

Value IntFromDouble(Heap& heap, double number) {
  if (std::abs(number) < 4e18) return Value::SmallInt(static_cast<int64_t>(number));
  Temporary result;
  mpz_set_d(result, number);
  return result.ToValue(heap);
}

bool IntFromDigits(Heap& heap, std::string_view digits, int base, Value* result) {
  if (digits.empty()) return false;
  NoteWork(SingleBytes(digits.size()));
  int64_t small = 0;
  bool fits = true;
  for (char c : digits) {
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'z' ? c - 'a' + 10
                : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                       : 99;
    if (digit >= base) return false;
    if (fits) {
      fits = !__builtin_mul_overflow(small, int64_t{base}, &small) &&
             !__builtin_add_overflow(small, int64_t{digit}, &small);
    }
  }
  if (fits) {
    *result = heap.NewInt(small);
    return true;
  }
  // What is refused here ends the evaluation.
  if (!ChargeWork(RadixWork(digits.size() / 16)).ok()) return false;
  Temporary number;
  if (mpz_set_str(number, std::string(digits).c_str(), base) != 0) return false;
  *result = number.ToValue(heap);
  return true;
}

}  // namespace cow::starlark
