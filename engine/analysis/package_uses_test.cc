#include "engine/analysis/package_uses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>


namespace cow::analysis {
namespace {

using testing::Optional;
using Packages = std::set<PackageId>;

PackageId Package(std::string_view path) { return *PackageId::Create("", path); }

Packages Of(const std::vector<std::string>& paths) {
  Packages packages;
  for (const std::string& path : paths) packages.insert(Package(path));
  return packages;
}

// c -> b -> a, d; everything looks at platforms.
PackageUses Sample() {
  return {.by_package = {{Package("a"), {}}, {Package("b"), Of({"a"})}, {Package("c"), Of({"b"})}, {Package("d"), {}}},
          .by_all = Of({"platforms"})};
}

TEST(PackageUsesTest, AChangeConcernsThoseWhoLookAtIt) {
  EXPECT_THAT(Sample().Users(Of({"a"})), Optional(Of({"a", "b", "c"})));
  EXPECT_THAT(Sample().Users(Of({"c", "d"})), Optional(Of({"c", "d"})));
  EXPECT_THAT(Sample().Users(Of({"new"})), Optional(Of({"new"})));
}

TEST(PackageUsesTest, WhatCountsForAllConcernsAll) { EXPECT_EQ(Sample().Users(Of({"d", "platforms"})), std::nullopt); }

TEST(PackageUsesTest, WhatIsLookedAtIsFoundFarAway) {
  EXPECT_EQ(Sample().Used(Of({"c"})), Of({"a", "b", "c"}));
  EXPECT_EQ(Sample().Used(Of({"d"})), Of({"d"}));
}

TEST(PackageUsesTest, CirclesEnd) {
  const PackageUses circle{.by_package = {{Package("a"), Of({"b"})}, {Package("b"), Of({"a"})}}};
  EXPECT_THAT(circle.Users(Of({"a"})), Optional(Of({"a", "b"})));
  EXPECT_EQ(circle.Used(Of({"a"})), Of({"a", "b"}));
}

}  // namespace
}  // namespace cow::analysis
