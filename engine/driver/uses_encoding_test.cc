#include "engine/driver/uses_encoding.h"

#include <gtest/gtest.h>

namespace cow::driver {
namespace {

PackageId Package(std::string_view repo, std::string_view path) { return *PackageId::Create(repo, path); }

analysis::PackageUses Sample() {
  return {.by_package = {{Package("", ""), {}},
                         {Package("", "a"), {Package("", "b"), Package("r", "b")}},
                         {Package("r", "b"), {Package("", "b")}}},
          .by_all = {Package("cow", "platforms"), Package("", "b")}};
}

const Digest kPlan = Digest::Of("plan");

TEST(UsesEncodingTest, WhatIsWrittenIsRead) {
  EXPECT_EQ(*DecodeUses(EncodeUses(Sample(), kPlan), kPlan), Sample());
  EXPECT_EQ(*DecodeUses(EncodeUses({}, kPlan), kPlan), analysis::PackageUses());
}

TEST(UsesEncodingTest, ThoseOfAnotherPlanAreRefused) {
  EXPECT_FALSE(DecodeUses(EncodeUses(Sample(), kPlan), Digest::Of("another")).ok());
  EXPECT_FALSE(DecodeUses("", kPlan).ok());
}

TEST(UsesEncodingTest, OtherBytesAreRefused) { EXPECT_FALSE(DecodeUses(std::string(100, 'x'), kPlan).ok()); }

}  // namespace
}  // namespace cow::driver
