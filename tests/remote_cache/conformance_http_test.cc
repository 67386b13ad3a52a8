// What every HTTP cache of Bazel's kind has to do.
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "tests/remote_cache/conformance.h"

namespace cow::conformance {
namespace {

namespace re = build::bazel::remote::execution::v2;

struct Answer {
  int code = 0;
  std::string head{};  // in lower case
  std::string body{};
};

class HttpConformanceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (HttpAddress().empty()) GTEST_SKIP() << "no --http";
  }

  // One connection for one request: the end of the answer is the end of the connection.
  Answer Ask(const std::string& method, const std::string& path, const std::string& body = "", const std::string& headers = "") {
    const size_t colon = HttpAddress().rfind(':');
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    EXPECT_EQ(getaddrinfo(HttpAddress().substr(0, colon).c_str(), HttpAddress().substr(colon + 1).c_str(), &hints, &found), 0);
    UniqueFd fd(socket(found->ai_family, SOCK_STREAM, 0));
    EXPECT_EQ(connect(fd.get(), found->ai_addr, found->ai_addrlen), 0);
    freeaddrinfo(found);
    const std::string length = method == "PUT" ? absl::StrCat("Content-Length: ", body.size(), "\r\n") : "";
    const std::string request = absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: cache\r\nConnection: close\r\n", length,
                                             headers, "\r\n", body);
    send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
    const std::string answer = *ReadFd(fd.get());
    const size_t end = answer.find("\r\n\r\n");
    Answer result;
    if (end == std::string::npos || !absl::SimpleAtoi(answer.substr(9, 3), &result.code)) return result;
    result.head = absl::AsciiStrToLower(answer.substr(0, end));
    result.body = answer.substr(end + 4);
    return result;
  }
};

std::string Cas(const std::string& bytes) { return absl::StrCat("/cas/", Digest::Of(bytes).hex()); }

TEST_F(HttpConformanceTest, Blobs) {
  for (size_t size : {40u, 3000u, 2'000'000u}) {
    const std::string bytes = Unique(size);
    EXPECT_EQ(Ask("GET", Cas(bytes)).code, 404);
    EXPECT_EQ(Ask("HEAD", Cas(bytes)).code, 404);
    EXPECT_EQ(Ask("PUT", Cas(bytes), bytes).code / 100, 2);
    EXPECT_EQ(Ask("PUT", Cas(bytes), bytes).code / 100, 2);
    const Answer got = Ask("GET", Cas(bytes));
    EXPECT_EQ(got.code, 200);
    EXPECT_TRUE(got.body == bytes);
    const Answer head = Ask("HEAD", Cas(bytes));
    EXPECT_EQ(head.code, 200);
    EXPECT_EQ(head.body, "");
    EXPECT_NE(head.head.find(absl::StrCat("content-length: ", size)), std::string::npos) << head.head;
  }
}

TEST_F(HttpConformanceTest, BelowAnInstance) {
  const std::string bytes = Unique(100);
  EXPECT_EQ(Ask("PUT", absl::StrCat("/some/instance", Cas(bytes)), bytes).code / 100, 2);
  EXPECT_EQ(Ask("GET", absl::StrCat("/some/instance", Cas(bytes))).code, 200);
}

TEST_F(HttpConformanceTest, EmptyBlob) { EXPECT_EQ(Ask("GET", Cas("")).code, 200); }

TEST_F(HttpConformanceTest, Ranges) {
  const std::string bytes = Unique(1'500'000);
  EXPECT_EQ(Ask("PUT", Cas(bytes), bytes).code / 100, 2);
  const Answer part = Ask("GET", Cas(bytes), "", "Range: bytes=1200000-1200099\r\n");
  EXPECT_EQ(part.code, 206);
  EXPECT_EQ(part.body, bytes.substr(1'200'000, 100));
  EXPECT_EQ(Ask("GET", Cas(bytes), "", "Range: bytes=1500000-\r\n").code, 416);
  const Answer all = Ask("GET", Cas(bytes), "", "Range: bytes=0-\r\n");
  EXPECT_EQ(all.code, 206);
  EXPECT_TRUE(all.body == bytes);
}

TEST_F(HttpConformanceTest, WrongBytesAreRefused) {
  const std::string bytes = Unique(5000);
  EXPECT_EQ(Ask("PUT", Cas(bytes), Unique(5000)).code / 100, 4);
  EXPECT_EQ(Ask("PUT", Cas(bytes), bytes + "x").code / 100, 4);
  EXPECT_EQ(Ask("GET", Cas(bytes)).code, 404);
}

TEST_F(HttpConformanceTest, Chunked) {
  const std::string bytes = Unique(30);
  const Answer answer = Ask("PUT", Cas(bytes), bytes, "Expect: 100-continue\r\n");
  EXPECT_TRUE(answer.code / 100 == 2 || answer.code == 100) << answer.code;
}

TEST_F(HttpConformanceTest, Results) {
  const std::string path = absl::StrCat("/ac/", Digest::Of(Unique(40)).hex());
  EXPECT_EQ(Ask("GET", path).code, 404);
  const std::string bytes = Unique(700);
  Ask("PUT", Cas(bytes), bytes);
  re::ActionResult result;
  auto* file = result.add_output_files();
  file->set_path("a");
  *file->mutable_digest() = ToWire(Digest::Of(bytes));
  EXPECT_EQ(Ask("PUT", path, result.SerializeAsString()).code / 100, 2);
  const Answer got = Ask("GET", path);
  EXPECT_EQ(got.code, 200);
  EXPECT_EQ(got.body, result.SerializeAsString());
}

TEST_F(HttpConformanceTest, BadRequestsAreRefused) {
  const std::string hash = Digest::Of(Unique(10)).hex();
  for (const std::string& path :
       {std::string("/cas/../../../etc/passwd"), std::string("/cas/xyz"), absl::StrCat("/../cas/", hash),
        absl::StrCat("/%2e%2e/cas/", hash), absl::StrCat("/cas/", absl::AsciiStrToUpper(hash), "x"), std::string("/nothing")}) {
    EXPECT_EQ(Ask("GET", path).code / 100, 4) << path;
  }
  EXPECT_EQ(Ask("DELETE", absl::StrCat("/cas/", hash)).code / 100, 4);
  EXPECT_EQ(Ask("PUT", absl::StrCat("/cas/", hash), "", "Content-Length: 5\r\n").code / 100, 4);
}

}  // namespace
}  // namespace cow::conformance
