#include "engine/store/repository_downloader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

// The last part of the path of a URL; "" if it has none.
std::string FileNameOf(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  size_t host = url.find("://");
  if (host != std::string_view::npos) url.remove_prefix(host + 3);
  size_t slash = url.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(url.substr(slash + 1));
}

bool IsLocal(std::string_view url) { return url.starts_with("file:/"); }

}  // namespace

RepositoryDownloader::RepositoryDownloader(LocalCas* cas, MirrorFetcher* fetcher, RepositoryDownloaderOptions options)
    : cas_(*cas), fetcher_(*fetcher), options_(std::move(options)) {}

absl::StatusOr<DownloadedFile> RepositoryDownloader::FileOf(const Digest& digest) {
  COW_ASSIGN_OR_RETURN(std::string path, cas_.PathOf(digest));
  return DownloadedFile{digest, std::move(path)};
}

std::string RepositoryDownloader::CachePath(const std::string& sha256) const {
  return absl::StrCat(options_.repository_cache, "/content_addressable/sha256/", sha256, "/file");
}

absl::StatusOr<Digest> RepositoryDownloader::FindOnThisMachine(const DownloadRequest& request) {
  std::vector<std::string> candidates;
  if (options_.vendored != nullptr) {
    absl::StatusOr<std::string> path = options_.vendored->Find(request.sha256);
    if (path.ok()) candidates.push_back(*std::move(path));
  }
  if (!options_.repository_cache.empty()) candidates.push_back(CachePath(request.sha256));
  for (const std::string& directory : options_.distdirs) {
    for (const std::string& url : request.urls) {
      std::string name = FileNameOf(url);
      if (!name.empty()) candidates.push_back(JoinPath(directory, name));
    }
  }
  for (const std::string& path : candidates) {
    absl::StatusOr<FileInfo> info = StatFile(path);
    if (!info.ok() || info->kind != FileKind::kRegular) continue;
    COW_ASSIGN_OR_RETURN(Digest digest, cas_.PutFile(path));
    if (digest.hex() == request.sha256) return digest;
  }
  return absl::NotFoundError("no such file on this machine");
}

absl::Status RepositoryDownloader::AddToRepositoryCache(const DownloadedFile& file) const {
  if (options_.repository_cache.empty()) return absl::OkStatus();
  std::string target = CachePath(file.digest.hex());
  if (FileExists(target)) return absl::OkStatus();
  COW_RETURN_IF_ERROR(MakeDirectories(std::string(PathDirname(target))));
  COW_ASSIGN_OR_RETURN(std::string folder, MakeTempDirectory(target + "-"));
  absl::Status status = CopyFile(file.path, folder + "/file", 0644);
  if (status.ok()) status = RenameFile(folder + "/file", target);
  RemoveTree(folder).IgnoreError();
  return status;
}

absl::StatusOr<DownloadedFile> RepositoryDownloader::Download(const DownloadRequest& request) {
  if (!request.sha256.empty()) {
    absl::StatusOr<Digest> digest = cas_.FindBySha256(request.sha256);
    if (!digest.ok()) digest = FindOnThisMachine(request);
    if (digest.ok()) return FileOf(*digest);
    if (!absl::IsNotFound(digest.status())) return digest.status();
  }
  bool remote = false;
  for (const std::string& url : request.urls) remote |= !IsLocal(url);
  if (options_.offline && remote) {
    return absl::FailedPreconditionError(absl::StrCat(
        "[", absl::StrJoin(request.urls, ", "), "] is neither in the cache nor in a --distdir or --vendor_dir, and --offline forbids to download it"));
  }
  COW_ASSIGN_OR_RETURN(Digest digest, fetcher_.FetchAny(request));
  COW_ASSIGN_OR_RETURN(DownloadedFile file, FileOf(digest));
  COW_RETURN_IF_ERROR(AddToRepositoryCache(file));
  return file;
}

}  // namespace cow::store
