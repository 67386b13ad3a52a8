#include "engine/remote/frame.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "engine/base/posix_file.h"
#include "engine/remote/remote_options.h"

namespace cow::remote {
namespace {

Frame Full() {
  return {.kind = Frame::Kind::kOffer,
          .id = 7,
          .ok = true,
          .text = "text",
          .record = std::string("a\0b", 3),
          .read = "0101",
          .blobs = {{.digest = Digest::Of("one"), .path = "/p"}, {.digest = Digest::Of("two"), .bytes = "two"}},
          .sent = 3,
          .dropped = 4,
          .code = 5};
}

TEST(FrameTest, ComesBackAsItWas) {
  for (const Frame& frame : {Frame(), Full()}) {
    absl::StatusOr<Frame> decoded = DecodeFrame(EncodeFrame(frame));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, frame);
  }
}

TEST(FrameTest, AnyPartOfItIsRefused) {
  const std::string bytes = EncodeFrame(Full());
  int understood = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    absl::StatusOr<Frame> decoded = DecodeFrame(bytes.substr(0, size));
    if (!decoded.ok()) continue;
    ++understood;
    EXPECT_NE(*decoded, Full());
  }
  EXPECT_LT(understood, 12) << "only where a field ends";
}

TEST(FrameTest, TravelsOverASocket) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  UniqueFd here(sockets[0]);
  UniqueFd there(sockets[1]);
  Frame large = Full();
  large.record.assign(3'000'000, 'x');
  std::thread writer([&] {
    EXPECT_TRUE(WriteFrame(there.get(), large).ok());
    EXPECT_TRUE(WriteFrame(there.get(), Full()).ok());
    there.Reset();
  });
  absl::StatusOr<Frame> first = ReadFrame(here.get());
  absl::StatusOr<Frame> second = ReadFrame(here.get());
  EXPECT_TRUE(absl::IsUnavailable(ReadFrame(here.get()).status()));
  writer.join();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, large);
  EXPECT_EQ(*second, Full());
}

TEST(RemoteOptionsTest, ComeBackAsTheyWere) {
  RemoteOptions options{.cache = "grpcs://h:1", .instance = "a/b", .headers = {{"x", "1"}, {"y", ""}}, .retries = 0};
  options.accept_cached = false;
  options.upload_local_results = true;
  absl::StatusOr<RemoteOptions> decoded = DecodeOptions(EncodeOptions(options));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, options);
}

TEST(RemoteOptionsTest, AddressesAndHeadersAreChecked) {
  for (const char* address : {"grpc://cache:9092", "grpcs://[::1]:1", "cache.example.org:443", "unix:/run/cache"}) {
    EXPECT_TRUE(CheckCacheAddress(address).ok()) << address;
  }
  for (const char* address : {"http://cache:80", "grpc://cache", "cache", ":9", "grpc://cache:", "grpc://cache:9/path"}) {
    EXPECT_FALSE(CheckCacheAddress(address).ok()) << address;
  }
  absl::StatusOr<std::pair<std::string, std::string>> header = ParseHeader("Authorization=Bearer a=b");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->first, "authorization");
  EXPECT_EQ(header->second, "Bearer a=b");
  for (const char* text : {"name", "=value", "a b=c", "a=\n", "grpc-timeout=1"}) EXPECT_FALSE(ParseHeader(text).ok()) << text;
}

}  // namespace
}  // namespace cow::remote
