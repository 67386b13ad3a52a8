#include "engine/store/cache_layout.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

class CacheRootTest : public testing::Test {
 protected:
  CacheRootTest() : cow_(GetEnv("COW_CACHE_DIR")), xdg_(GetEnv("XDG_CACHE_HOME")), home_(GetEnv("HOME")) {}
  ~CacheRootTest() override { Set(cow_, xdg_, home_); }

  static void Set(const std::string& cow, const std::string& xdg, const std::string& home) {
    setenv("COW_CACHE_DIR", cow.c_str(), 1);
    setenv("XDG_CACHE_HOME", xdg.c_str(), 1);
    setenv("HOME", home.c_str(), 1);
  }

 private:
  const std::string cow_, xdg_, home_;
};

TEST_F(CacheRootTest, TakesTheFirstThatIsSet) {
  Set("/c/", "/x", "/h");
  EXPECT_EQ(*DefaultCacheRoot(), "/c");
  Set("", "/x", "/h");
  EXPECT_EQ(*DefaultCacheRoot(), "/x/cow");
  Set("", "", "/h");
  EXPECT_EQ(*DefaultCacheRoot(), "/h/.cache/cow");
}

TEST_F(CacheRootTest, RefusesNoPlaceAndRelativePlaces) {
  Set("", "", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(DefaultCacheRoot().status()));
  Set("cache", "", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(DefaultCacheRoot().status()));
}

TEST(CacheLayoutTest, MakesPrivateDirectories) {
  TestingDir dir;
  CacheLayout layout = *OpenCache(dir.path() + "/deep/cache");
  for (const std::string& path : {layout.root, layout.cas(), layout.trees(), layout.db(), layout.tmp()}) {
    EXPECT_EQ(LstatFile(path)->mode, 0700u) << path;
  }
}

TEST(CacheLayoutTest, RefusesACacheOthersMayWriteTo) {
  TestingDir dir;
  std::string root = dir.path() + "/cache";
  ASSERT_TRUE(OpenCache(root).ok());
  ASSERT_EQ(chmod(root.c_str(), 0770), 0);
  absl::Status status = OpenCache(root).status();
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_NE(std::string(status.message()).find("chmod 700"), std::string::npos);
}

TEST(CacheLayoutTest, RefusesACacheOfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  TestingDir dir;
  std::string root = dir.path() + "/cache";
  ASSERT_TRUE(OpenCache(root).ok());
  ASSERT_EQ(chown(root.c_str(), 12345, 12345), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(OpenCache(root).status()));
}

TEST(CacheLayoutTest, RefusesAFileInTheWay) {
  TestingDir dir;
  EXPECT_FALSE(OpenCache(dir.Write("cache", "")).ok());
}

}  // namespace
}  // namespace cow::store
