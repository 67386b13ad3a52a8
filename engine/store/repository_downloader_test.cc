#include "engine/store/repository_downloader.h"

#include <gtest/gtest.h>

#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

// The network never answers here.
class RepositoryDownloaderTest : public testing::Test {
 protected:
  absl::StatusOr<DownloadedFile> Download(std::vector<std::string> urls, std::string_view text, RepositoryDownloaderOptions options = {}) {
    MirrorFetcher fetcher(store_->cas.get(), store_->layout, store_->session->path(),
                          {.attempts = 1, .download = {.apt_helper = "/bin/false"}});
    return RepositoryDownloader(store_->cas.get(), &fetcher, std::move(options))
        .Download({.urls = std::move(urls), .sha256 = text.empty() ? "" : Digest::Of(text).hex()});
  }

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_ = OpenTestingStore(dir_);
};

TEST_F(RepositoryDownloaderTest, AsksNobodyForWhatTheCacheHolds) {
  ASSERT_TRUE(store_->cas->Put("text").ok());
  absl::StatusOr<DownloadedFile> file = Download({"https://dead/x"}, "text");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->digest, Digest::Of("text"));
  EXPECT_EQ(*ReadFile(file->path), "text");
}

TEST_F(RepositoryDownloaderTest, LooksIntoDirectoriesOfTheUser) {
  dir_.Write("one/x.tar", "other bytes");
  dir_.Write("two/x.tar", "text");
  RepositoryDownloaderOptions options{.offline = true, .distdirs = {dir_.path() + "/one", dir_.path() + "/two"}};
  EXPECT_TRUE(Download({"https://dead/a/x.tar?raw=1"}, "text", options).ok());
  absl::Status missing = Download({"https://dead/y.tar"}, "more", options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_EQ(missing.message(), "[https://dead/y.tar] is neither in the cache nor in a --distdir or --vendor_dir, and --offline forbids to download it");
}

TEST_F(RepositoryDownloaderTest, SharesARepositoryCache) {
  RepositoryDownloaderOptions options{.repository_cache = dir_.path() + "/shared"};
  ASSERT_TRUE(Download({"file://" + dir_.Write("f", "text")}, "text", options).ok());
  std::string path = dir_.path() + "/shared/content_addressable/sha256/" + Digest::Of("text").hex() + "/file";
  EXPECT_EQ(*ReadFile(path), "text");
  std::string theirs = dir_.path() + "/shared/content_addressable/sha256/" + Digest::Of("bazel's").hex();
  ASSERT_TRUE(MakeDirectories(theirs).ok());
  ASSERT_TRUE(WriteFile(theirs + "/file", "bazel's").ok());
  EXPECT_TRUE(Download({"https://dead/x"}, "bazel's", options).ok());
}

TEST_F(RepositoryDownloaderTest, NamesBothHashes) {
  absl::Status status = Download({"file://" + dir_.Write("f", "other")}, "text").status();
  EXPECT_NE(status.message().find(Digest::Of("text").hex()), std::string::npos);
  EXPECT_NE(status.message().find(Digest::Of("other").hex()), std::string::npos);
}

}  // namespace
}  // namespace cow::store
