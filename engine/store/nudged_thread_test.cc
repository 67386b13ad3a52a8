#include "engine/store/nudged_thread.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace cow::store {
namespace {

TEST(NudgedThreadTest, AWaitIsInterrupted) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::atomic<bool> waits = true;
  int error = 0;
  RunNudged(
      [&] {
        char byte;
        if (read(ends[0], &byte, 1) < 0) error = errno;  // nobody writes
      },
      waits);
  EXPECT_EQ(error, EINTR);
  close(ends[0]);
  close(ends[1]);
}

TEST(NudgedThreadTest, WhoDoesNotWaitIsLeftAlone) {
  const std::atomic<bool> waits = false;
  timespec time = {.tv_sec = 0, .tv_nsec = 600'000'000};
  int code = -1;
  RunNudged([&] { code = nanosleep(&time, nullptr); }, waits);
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace cow::store
