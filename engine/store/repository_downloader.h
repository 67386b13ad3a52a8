// RepositoryDownloader: the downloads of repository rules. Looks in the CAS, in the directories the user named, and
// only then asks the network.
#pragma once

#include <string>
#include <vector>

#include "engine/store/cas.h"
#include "engine/store/downloader.h"
#include "engine/store/mirror_fetcher.h"
#include "engine/store/vendor_directory.h"

namespace cow::store {

struct RepositoryDownloaderOptions {
  bool offline = false;                  // nothing but files of this machine
  const VendorDirectory* vendored = nullptr;  // outlives the downloader
  std::vector<std::string> distdirs{};   // directories with files named as the last part of a URL
  std::string repository_cache{};        // "" = none; laid out as Bazel's: content_addressable/sha256/<hash>/file
};

class RepositoryDownloader final : public Downloader {
 public:
  // `cas` and `fetcher` outlive the downloader.
  RepositoryDownloader(LocalCas* cas, MirrorFetcher* fetcher, RepositoryDownloaderOptions options);

  absl::StatusOr<DownloadedFile> Download(const DownloadRequest& request) override;

 private:
  absl::StatusOr<DownloadedFile> FileOf(const Digest& digest);
  // kNotFound if no directory of the user has the bytes.
  absl::StatusOr<Digest> FindOnThisMachine(const DownloadRequest& request);
  std::string CachePath(const std::string& sha256) const;
  absl::Status AddToRepositoryCache(const DownloadedFile& file) const;

  LocalCas& cas_;
  MirrorFetcher& fetcher_;
  const RepositoryDownloaderOptions options_;
};

}  // namespace cow::store
