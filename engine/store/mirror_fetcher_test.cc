#include "engine/store/mirror_fetcher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

class MirrorFetcherTest : public testing::Test {
 protected:
  // Stands in for apt's download program: URLs https://good/FILE come from the directory web/, others fail.
  std::string FakeHelper() {
    return dir_.Write("helper", absl::StrCat(R"(#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
echo "$2" >> )", dir_.path(), R"(/log
case "$2" in
  https://good/*) cp )", dir_.path(), R"(/web/"${2#https://good/}" "$3" 2>/dev/null && exit 0
                  echo "E: 404 Not Found" >&2; exit 100;;
  *) echo "E: Could not connect" >&2; exit 100;;
esac
)"), 0755);
  }

  MirrorFetcher Fetcher(std::vector<std::string> mirrors = {}) {
    return MirrorFetcher(store_->cas.get(), store_->layout, store_->session->path(),
                         {.attempts = 3, .backoff_ms = 1, .mirrors = std::move(mirrors), .download = {.apt_helper = FakeHelper()}});
  }

  int Tries() {
    std::string log = ReadFile(dir_.path() + "/log").value_or("");
    return static_cast<int>(std::count(log.begin(), log.end(), '\n'));
  }

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_ = OpenTestingStore(dir_);
};

TEST_F(MirrorFetcherTest, FetchesAFileOfThisMachine) {
  std::string path = dir_.Write("local.deb", "package");
  ASSERT_TRUE(Fetcher().Fetch({.url = "file://" + path, .digest = Digest::Of("package")}).ok());
  EXPECT_TRUE(store_->cas->Contains(Digest::Of("package")));
}

TEST_F(MirrorFetcherTest, NamesBothHashesIfTheBytesAreOthers) {
  std::string url = "file://" + dir_.Write("local.deb", "other");
  absl::Status status = Fetcher().Fetch({.url = url, .digest = Digest::Of("package")});
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  std::string message(status.message());
  EXPECT_NE(message.find(url), std::string::npos);
  EXPECT_NE(message.find(Digest::Of("package").hex()), std::string::npos);
  EXPECT_NE(message.find(Digest::Of("other").hex()), std::string::npos);
}

TEST_F(MirrorFetcherTest, ChecksTheSizeToo) {
  std::string url = "file://" + dir_.Write("local.deb", "package");
  Digest digest(Digest::Of("package").hash(), 6);
  EXPECT_TRUE(absl::IsFailedPrecondition(Fetcher().Fetch({.url = url, .digest = digest})));
}

TEST_F(MirrorFetcherTest, DownloadsWithAptsHelper) {
  dir_.Write("web/x", "package");
  ASSERT_TRUE(Fetcher().Fetch({.url = "https://good/x", .digest = Digest::Of("package")}).ok());
  EXPECT_EQ(*store_->cas->Get(Digest::Of("package")), "package");
}

TEST_F(MirrorFetcherTest, FetchesNothingTwice) {
  ASSERT_TRUE(store_->cas->Put("package").ok());
  EXPECT_TRUE(Fetcher().Fetch({.url = "https://gone/x", .digest = Digest::Of("package")}).ok());
  EXPECT_EQ(Tries(), 0);
}

TEST_F(MirrorFetcherTest, TriesEveryMirror) {
  dir_.Write("web/debian/pool/x.deb", "package");
  MirrorFetcher fetcher = Fetcher({"https://dead/debian/", "https://good/security", "https://good/debian/"});
  absl::Status status = fetcher.Fetch({.url = "apt:pool/x.deb", .digest = Digest::Of("package")});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Tries(), 3);
}

TEST_F(MirrorFetcherTest, TakesAMirrorThatIsADirectory) {
  dir_.Write("mirror/pool/x.deb", "package");
  MirrorFetcher fetcher = Fetcher({"file:" + dir_.path() + "/mirror"});
  EXPECT_TRUE(fetcher.Fetch({.url = "apt:pool/x.deb", .digest = Digest::Of("package")}).ok());
}

TEST_F(MirrorFetcherTest, TriesAgainWhenNobodyAnswers) {
  absl::Status status = Fetcher().Fetch({.url = "https://dead/x", .digest = Digest::Of("package")});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Tries(), 3);
}

TEST_F(MirrorFetcherTest, FetchesBytesWhoseSizeIsUnknown) {
  dir_.Write("web/x", "package");
  MirrorFetcher fetcher = Fetcher();
  absl::StatusOr<Digest> digest = fetcher.FetchAny({.urls = {"https://dead/x", "https://good/x"}, .sha256 = Digest::Of("package").hex()});
  ASSERT_TRUE(digest.ok()) << digest.status();
  EXPECT_EQ(*digest, Digest::Of("package"));
  EXPECT_EQ(*store_->cas->FindBySha256(digest->hex()), *digest);
  EXPECT_TRUE(absl::IsNotFound(store_->cas->FindBySha256(std::string(64, '0')).status()));
  EXPECT_EQ(*fetcher.FetchAny({.urls = {"https://good/x"}}), *digest);
}

TEST_F(MirrorFetcherTest, DoesNotTryAgainWhatIsNotThere) {
  absl::Status status = Fetcher().Fetch({.url = "https://good/absent", .digest = Digest::Of("package")});
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_EQ(Tries(), 1);
}

TEST_F(MirrorFetcherTest, ShowsNoPassword) {
  absl::Status status = Fetcher().Fetch({.url = "https://user:secret@dead/x", .digest = Digest::Of("package")});
  EXPECT_EQ(std::string(status.message()).find("secret"), std::string::npos) << status;
}

TEST_F(MirrorFetcherTest, RefusesUnknownKindsOfUrls) {
  for (const char* url : {"ftp://x/y", "pool/x.deb", "", "file:relative"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Fetcher().Fetch({.url = url, .digest = Digest::Of("package")}))) << url;
  }
}

}  // namespace
}  // namespace cow::store
