#include "engine/store/fault_guard.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

namespace cow::store {
namespace {

// A mapped page of a file that ends before it: every read there is a SIGBUS.
class PageBeyondTheEnd {
 public:
  PageBeyondTheEnd() : file_(std::tmpfile()) {
    page_ = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fileno(file_), 0));
  }
  ~PageBeyondTheEnd() {
    munmap(const_cast<char*>(page_), 4096);
    std::fclose(file_);
  }
  char Read() const { return page_[7]; }

 private:
  std::FILE* file_;
  volatile char* page_;
};

TEST(FaultGuardTest, RunsWhatDoesNotFault) {
  int runs = 0;
  EXPECT_TRUE(RunGuarded([&] { ++runs; }));
  EXPECT_EQ(runs, 1);
}

TEST(FaultGuardTest, EndsWhatFaultsAsOftenAsItDoes) {
  PageBeyondTheEnd page;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(RunGuarded([&] { page.Read(); }));
  EXPECT_FALSE(RunGuarded([] { RaiseGuarded(); }));
}

TEST(FaultGuardTest, EndsOnlyTheInnermost) {
  PageBeyondTheEnd page;
  bool inner = true;
  EXPECT_TRUE(RunGuarded([&] { inner = RunGuarded([&] { page.Read(); }); }));
  EXPECT_FALSE(inner);
}

// A sanitizer's own handlers were there before, and report faults.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(FaultGuardDeathTest, LeavesOtherFaultsAlone) {
  PageBeyondTheEnd page;
  ASSERT_FALSE(RunGuarded([&] { page.Read(); }));
  EXPECT_EXIT(page.Read(), testing::KilledBySignal(SIGBUS), "");
  EXPECT_EXIT(raise(SIGSEGV), testing::KilledBySignal(SIGSEGV), "");
}
#endif

}  // namespace
}  // namespace cow::store
