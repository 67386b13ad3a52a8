#include <gtest/gtest.h>

TEST(Debian, HasGoogletest) { EXPECT_EQ(6 * 7, 42); }
