// Float, and ints of any size.
//
// An int is a small one inside the Value, or, outside of 63 bits, a BigInt object. Never both:
// equal ints have equal representations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class Float final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kFloat;
  explicit Float(double number) : HeapObject(kKind), value(number) {}
  const double value;
};

inline bool IsInt(Value value) { return value.IsSmallInt() || value.Is(Kind::kInt); }
inline bool IsFloat(Value value) { return value.Is(Kind::kFloat); }
inline double FloatOf(Value value) { return value.As<Float>()->value; }

// The slow path of ints, over GMP; all in big_int.cc.
Value NewBigInt(Heap& heap, int64_t value);
// Arithmetic and bit operations except kDiv. Both must be ints.
absl::StatusOr<Value> IntBinary(Heap& heap, BinaryOp op, Value a, Value b);
Value IntNegate(Heap& heap, Value value);
Value IntInvert(Heap& heap, Value value);
int IntSign(Value value);
int IntCompare(Value a, Value b);
// Exact comparison of an int and a float that is not NaN.
int IntCompareFloat(Value integer, double number);
std::string IntToString(Value value, int base = 10);
// Neighbours get neighbouring hashes: tables of consecutive ints are walked in order of memory.
inline uint32_t SmallIntHash(int64_t value) {
  return static_cast<uint32_t>(value) + static_cast<uint32_t>(value >> 32) * 0x9e3779b1u;
}
uint32_t IntHash(Value value);
// An integral float hashes as the equal int.
uint32_t FloatHash(double number);
// "int too large to convert to float" if it is.
absl::StatusOr<double> IntToDouble(Value value);
// The number must be finite; the fraction is cut off.
Value IntFromDouble(Heap& heap, double number);
// Longer text is refused: conversion takes a second for some millions of digits.
inline constexpr size_t kMaxIntDigits = 1'000'000;
// Digits of the base only, no sign or prefix, at most kMaxIntDigits. False if they are not all
// digits.
bool IntFromDigits(Heap& heap, std::string_view digits, int base, Value* result);

// 1.5, 1e+17, nan, +inf: shortest digits that read back as the same number.
std::string FloatToString(double number);
// Python's float() grammar. False if the text is not one; overflow gives an infinity.
bool ParseFloat(std::string_view text, double* number);

}  // namespace cow::starlark
