#include "rules/pack/io/byte_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {
constexpr size_t kChunk = 1 << 18;
}

absl::StatusOr<size_t> StringSource::Read(char* buffer, size_t size) {
  size_t n = std::min(size, rest_.size());
  if (n > 0) std::memcpy(buffer, rest_.data(), n);
  rest_.remove_prefix(n);
  return n;
}

absl::StatusOr<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  return std::unique_ptr<FileSource>(new FileSource(path, std::move(fd)));
}

absl::StatusOr<size_t> FileSource::Read(char* buffer, size_t size) {
  while (true) {
    ssize_t n = read(fd_.get(), buffer, size);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return ErrnoStatus(errno, path_);
  }
}

absl::StatusOr<size_t> ReadFully(ByteSource& source, char* buffer, size_t size) {
  size_t total = 0;
  while (total < size) {
    COW_ASSIGN_OR_RETURN(size_t n, source.Read(buffer + total, size - total));
    if (n == 0) break;
    total += n;
  }
  return total;
}

absl::Status CopyAll(ByteSource& source, ByteSink& sink) {
  std::vector<char> buffer(kChunk);
  while (true) {
    COW_ASSIGN_OR_RETURN(size_t n, source.Read(buffer.data(), buffer.size()));
    if (n == 0) return absl::OkStatus();
    COW_RETURN_IF_ERROR(sink.Write({buffer.data(), n}));
  }
}

absl::StatusOr<std::string> ReadAll(ByteSource& source, size_t limit) {
  std::string bytes;
  std::vector<char> buffer(kChunk);
  while (true) {
    COW_ASSIGN_OR_RETURN(size_t n, source.Read(buffer.data(), buffer.size()));
    if (n == 0) return bytes;
    if (bytes.size() + n > limit) {
      return absl::ResourceExhaustedError(absl::StrCat("more than ", limit, " bytes"));
    }
    bytes.append(buffer.data(), n);
  }
}

}  // namespace cow::pack
