#include "engine/starlark/work_meter.h"

#include <atomic>
#include <string>

#include "engine/starlark/heap.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/text_search.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::starlark {
namespace {

using ::testing::HasSubstr;

TEST(WorkMeterTest, FailsAtItsLimitAndStaysFailed) {
  Heap heap;
  WorkMeter meter(heap);
  meter.set_limit(5000);
  const WorkMeter::Scope metered(meter);
  EXPECT_TRUE(ChargeWork(4000).ok());
  EXPECT_EQ(ChargeWork(2000).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(meter.Check().message()), HasSubstr("too many steps (limit 5000)"));
}

TEST(WorkMeterTest, LooksAtTheCancelFlagNowAndThen) {
  Heap heap;
  std::atomic<bool> cancelled = false;
  WorkMeter meter(heap);
  meter.set_cancel_flag(&cancelled);
  const WorkMeter::Scope metered(meter);
  EXPECT_TRUE(ChargeWork(5000).ok());
  cancelled = true;
  EXPECT_EQ(ChargeWork(5000).code(), absl::StatusCode::kCancelled);
}

TEST(WorkMeterTest, CountsWhatCppHoldsAsMemory) {
  Heap heap;
  heap.set_byte_limit(1 << 20);
  WorkMeter meter(heap);
  const WorkMeter::Scope metered(meter);
  {
    HeldMemory held;
    EXPECT_TRUE(held.Add(700 << 10).ok());
  }
  HeldMemory held;
  EXPECT_TRUE(held.Add(700 << 10).ok());
  EXPECT_EQ(CheckWorkingMemory(700 << 10).code(), absl::StatusCode::kResourceExhausted);
}

TEST(WorkMeterTest, NothingIsChargedOutsideOfAnEvaluation) {
  EXPECT_EQ(WorkMeter::Current(), nullptr);
  EXPECT_TRUE(ChargeWork(uint64_t{1} << 60).ok());
}

TEST(MeteredTextTest, RefusesWhatDoesNotFit) {
  Heap heap;
  heap.set_byte_limit(1 << 20);
  WorkMeter meter(heap);
  const WorkMeter::Scope metered(meter);
  std::string text;
  MeteredText watched(text);
  EXPECT_TRUE(watched.Append(std::string(10000, 'x')).ok());
  EXPECT_FALSE(watched.Append(std::string(1 << 20, 'x')).ok());
  EXPECT_EQ(text.size(), 10000u);
}

TEST(TextSearchTest, FindsFirstAndLast) {
  EXPECT_EQ(*FindText("banana", "an", 0), 1u);
  EXPECT_EQ(*FindText("banana", "an", 2), 3u);
  EXPECT_EQ(*FindText("banana", "an", 4), std::string_view::npos);
  EXPECT_EQ(*FindText("banana", "na", 5), std::string_view::npos);
  EXPECT_EQ(*FindText("banana", "", 6), 6u);
  EXPECT_EQ(*FindText("banana", "", 7), std::string_view::npos);
  EXPECT_EQ(*FindLastText("banana", "an"), 3u);
  EXPECT_EQ(*FindLastText("banana", "banana"), 0u);
  EXPECT_EQ(*FindLastText("banana", "bananas"), std::string_view::npos);
  EXPECT_EQ(*FindLastText("banana", "x"), std::string_view::npos);
  EXPECT_EQ(*FindLastText("banana", ""), 6u);
}

TEST(TextSearchTest, ChargesForPlacesThatNearlyMatch) {
  Heap heap;
  WorkMeter meter(heap);
  meter.set_limit(1'000'000);
  const WorkMeter::Scope metered(meter);
  const std::string text(1 << 20, 'a');
  const std::string part = std::string(1 << 19, 'a') + 'b';
  EXPECT_EQ(FindText(text, part, 0).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace cow::starlark
