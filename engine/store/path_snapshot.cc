#include "engine/store/path_snapshot.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/store/listing_digest.h"
#include "engine/store/path_snapshot_generated.h"
#include "engine/store/settled_file.h"
#include "flatbuffers/flatbuffers.h"

namespace cow::store {
namespace {

using Kind = SeenPath::Kind;

// Fewer are looked at by their whole paths sooner than their directory is opened and closed.
constexpr size_t kNamesWorthOpening = 6;

// Few paths are looked at sooner than a thread is started.
constexpr size_t kPathsPerThread = 1500;

// What stat can tell of a path.
enum class Certainty : uint8_t {
  kSettled,   // any change shows
  kFresh,     // a change right after the snapshot may not show: contents are compared, the next snapshot will know more
  kVolatile,  // contents are always compared
};

bool FollowsLinks(Kind kind) { return kind != Kind::kSymlink && kind != Kind::kAbsent; }

FileKind WantedKind(Kind kind) {
  switch (kind) {
    case Kind::kFile: return FileKind::kRegular;
    case Kind::kSymlink: return FileKind::kSymlink;
    case Kind::kDirectory:
    case Kind::kSourceDirectory:
    case Kind::kAbsent: break;
  }
  return FileKind::kDirectory;
}

// What the contents of a path are now.
struct Contents {
  Digest digest{};
  bool stat_tells = true;  // false: they may change while stat stays as it is
};

absl::StatusOr<Contents> ContentsOf(const std::string& path, Kind kind, FileStateCache& files) {
  Contents contents;
  switch (kind) {
    case Kind::kFile: {
      COW_ASSIGN_OR_RETURN(contents.digest, files.DigestOf(path, Ingest::kDigestOnly));
      return contents;
    }
    case Kind::kSymlink: {
      COW_ASSIGN_OR_RETURN(std::string target, ReadLink(path));
      contents.digest = Digest::Of(target);
      return contents;
    }
    case Kind::kDirectory: {
      COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> listing, ListDirectory(path));
      contents.digest = DigestOfListing(listing);
      return contents;
    }
    case Kind::kSourceDirectory: {
      COW_ASSIGN_OR_RETURN(SourceListing listing, ListSources(path));
      contents.digest = DigestOfListing(listing.entries);
      contents.stat_tells = listing.links.empty();  // what a link points to changes without the directory
      return contents;
    }
    case Kind::kAbsent: break;
  }
  return contents;
}

absl::StatusOr<FileInfo> Look(const std::string& path, Kind kind) {
  return FollowsLinks(kind) ? StatFile(path) : LstatFile(path);
}

absl::Status Differs(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("'", path, "' changed during the build"));
}

record::PathState Encode(const SeenPath& seen, const FileInfo& info, Certainty certainty, const Digest& digest) {
  return record::PathState(info.device, info.inode, info.size, info.mtime_ns, info.ctime_ns, info.mode, seen.tag,
                           static_cast<uint8_t>(seen.kind), static_cast<uint8_t>(seen.role),
                           static_cast<uint8_t>(certainty),
                           flatbuffers::span<const uint8_t, 32>(digest.hash().data(), 32));
}

std::string ParentOf(std::string_view path) {
  std::string_view parent = PathDirname(path);
  return parent.empty() ? "/" : std::string(parent);
}

// A symlink lies where its directory does, not where it leads.
bool Settled(const SeenPath& seen, const FileInfo& info, int64_t looked_at_ns) {
  return IsSettled(seen.kind == Kind::kSymlink ? ParentOf(seen.path) : seen.path, info, looked_at_ns);
}

absl::StatusOr<record::PathState> StateNow(const SeenPath& seen, int64_t build_began_ns, FileStateCache& files) {
  const int64_t now = WallClockNanos();
  absl::StatusOr<FileInfo> info = Look(seen.path, seen.kind);
  if (seen.kind == Kind::kAbsent) {
    if (!absl::IsNotFound(info.status())) return Differs(seen.path);
    return Encode(seen, FileInfo(), Certainty::kSettled, Digest());
  }
  if (!info.ok() || info->kind != WantedKind(seen.kind)) return Differs(seen.path);
  if (seen.executable && *seen.executable != info->executable()) return Differs(seen.path);
  COW_ASSIGN_OR_RETURN(Contents contents, ContentsOf(seen.path, seen.kind, files));
  if (seen.digest && contents.digest.hash() != seen.digest->hash()) return Differs(seen.path);
  if (!seen.digest && !Settled(seen, *info, build_began_ns)) {
    return absl::UnavailableError(absl::StrCat("'", seen.path, "' is too new to tell whether it changed"));
  }
  absl::StatusOr<FileInfo> after = Look(seen.path, seen.kind);
  Certainty certainty = Certainty::kVolatile;
  if (contents.stat_tells) {
    const bool settled = after.ok() && SameState(*info, *after) && Settled(seen, *info, now);
    certainty = settled ? Certainty::kSettled : Certainty::kFresh;
  }
  return Encode(seen, *info, certainty, contents.digest);
}

std::string NameOf(std::string_view path) { return path == "/" ? "." : std::string(PathBasename(path)); }

std::string Joined(const record::PathDirectory& directory, flatbuffers::uoffset_t at) {
  if (directory.names()->Get(at)->string_view() == ".") return directory.path()->str();
  return JoinPath(directory.path()->str(), directory.names()->Get(at)->str());
}

Certainty CertaintyOf(const record::PathState& state) { return static_cast<Certainty>(state.certainty()); }

bool LooksTheSame(const record::PathState& state, const FileInfo& info) {
  return CertaintyOf(state) == Certainty::kSettled && info.inode == state.inode() && info.ctime_ns == state.ctime_ns() &&
         info.mtime_ns == state.mtime_ns() && info.size == state.size() && info.mode == state.mode() &&
         info.device == state.device();
}

// One comparison; its directories are looked at by several threads.
class Comparison {
 public:
  Comparison(FileStateCache& files, PathSnapshot::Extent extent, PathSnapshot::Differences& differences)
      : files_(files), stops_(extent == PathSnapshot::Extent::kUntilChanged), differences_(differences) {}

  void Compare(const record::PathDirectory& directory) {
    std::optional<DirectoryHandle> handle;
    if (directory.names()->size() >= kNamesWorthOpening) handle.emplace(directory.path()->c_str());
    for (flatbuffers::uoffset_t i = 0; i < directory.names()->size(); ++i) {
      if (stops_ && changed_.load(std::memory_order_relaxed)) return;
      Compare(directory, i, handle ? &*handle : nullptr);
    }
  }

  PathSnapshot::Verdict verdict() const {
    if (changed_) return PathSnapshot::Verdict::kChanged;
    if (!differences_.changes.empty()) return PathSnapshot::Verdict::kPartly;
    return !differences_.moved.empty() ? PathSnapshot::Verdict::kSameContents : PathSnapshot::Verdict::kSame;
  }

 private:
  // `handle` is null if the directory was not opened.
  void Compare(const record::PathDirectory& directory, flatbuffers::uoffset_t at, const DirectoryHandle* handle) {
    const record::PathState& state = *directory.states()->Get(at);
    const Kind kind = static_cast<Kind>(state.kind());
    FileInfo info;
    bool is_there = false;
    if (handle != nullptr) {
      is_there = handle->Stat(directory.names()->Get(at)->c_str(), FollowsLinks(kind), &info);
    } else if (absl::StatusOr<FileInfo> found = Look(Joined(directory, at), kind); found.ok()) {
      is_there = true;
      info = *found;
    }
    if (kind == Kind::kAbsent || !is_there) {
      if (is_there == (kind == Kind::kAbsent)) Note(Joined(directory, at), state, false);
      return;
    }
    if (LooksTheSame(state, info)) return;
    std::string path = Joined(directory, at);
    if (!HasContents(path, state, info)) {
      Note(std::move(path), state, info.kind == FileKind::kRegular);
    } else if (CertaintyOf(state) != Certainty::kVolatile) {
      std::lock_guard<std::mutex> lock(mutex_);
      differences_.moved.insert(std::move(path));
    }
  }

  void Note(std::string path, const record::PathState& state, bool is_file) {
    const auto role = static_cast<SeenPath::Role>(state.role());
    if (role == SeenPath::Role::kInput || (role == SeenPath::Role::kSource && !is_file)) {
      changed_ = true;
      if (stops_) return;
    }
    std::lock_guard<std::mutex> lock(mutex_);
    differences_.changes.push_back({role, static_cast<Kind>(state.kind()), state.tag(), std::move(path)});
  }

  bool HasContents(const std::string& path, const record::PathState& state, const FileInfo& info) const {
    const Kind kind = static_cast<Kind>(state.kind());
    if (info.kind != WantedKind(kind)) return false;
    if (kind == Kind::kFile && (info.size != state.size() || ((info.mode ^ state.mode()) & 0100) != 0)) return false;
    absl::StatusOr<Contents> contents = ContentsOf(path, kind, files_);
    return contents.ok() && std::equal(contents->digest.hash().begin(), contents->digest.hash().end(),
                                       state.hash()->begin());
  }

  FileStateCache& files_;
  const bool stops_;
  std::mutex mutex_;
  PathSnapshot::Differences& differences_;  // all threads have ended when others read it
  std::atomic<bool> changed_ = false;
};

int ThreadsFor(size_t paths, int threads) {
  return std::clamp(static_cast<int>(paths / kPathsPerThread), 1, std::max(threads, 1));
}

// Paths and their states, by directory, on the way to a record.
class SnapshotWriter {
 public:
  void Add(const std::string& path, const record::PathState& state) {
    std::string parent = ParentOf(path);
    auto [place, added] = known_.try_emplace(parent, directories_.size());
    if (added) directories_.push_back({.path = std::move(parent)});
    Directory& directory = directories_[place->second];
    directory.names.push_back(NameOf(path));
    directory.states.push_back(state);
  }

  // Adds the states of these paths now.
  absl::Status Look(const std::vector<SeenPath>& seen, int64_t build_began_ns, int threads, FileStateCache& files) {
    std::vector<record::PathState> states(seen.size());
    std::mutex mutex;
    absl::Status first;
    ParallelFor(ThreadsFor(seen.size(), threads), seen.size(), [&](size_t i) {
      absl::StatusOr<record::PathState> state = StateNow(seen[i], build_began_ns, files);
      if (state.ok()) {
        states[i] = *state;
        return;
      }
      std::lock_guard<std::mutex> lock(mutex);
      if (first.ok()) first = state.status();
    });
    COW_RETURN_IF_ERROR(first);
    for (size_t i = 0; i < seen.size(); ++i) Add(seen[i].path, states[i]);
    return absl::OkStatus();
  }

  std::string Write(std::string_view payload) const {
    flatbuffers::FlatBufferBuilder builder(RoomFor(payload));
    std::vector<flatbuffers::Offset<record::PathDirectory>> encoded;
    for (const Directory& directory : directories_) {
      auto names = builder.CreateVectorOfStrings(directory.names);
      auto states = builder.CreateVectorOfStructs(directory.states);
      encoded.push_back(record::CreatePathDirectory(builder, builder.CreateString(directory.path), names, states));
    }
    auto payload_offset = builder.CreateVector(reinterpret_cast<const uint8_t*>(payload.data()), payload.size());
    builder.Finish(record::CreatePathSnapshot(builder, payload_offset, taken_, builder.CreateVector(encoded)),
                   record::PathSnapshotIdentifier());
    return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  }

 private:
  struct Directory {
    std::string path{};
    std::vector<std::string> names{};
    std::vector<record::PathState> states{};
  };

  // Enough in most cases: a builder that grows copies what it has.
  size_t RoomFor(std::string_view payload) const {
    constexpr size_t kPerString = 16;
    size_t room = payload.size() + 1024;
    for (const Directory& directory : directories_) {
      room += directory.path.size() + 4 * kPerString + directory.states.size() * (sizeof(record::PathState) + kPerString);
      for (const std::string& name : directory.names) room += name.size();
    }
    return room;
  }

  const int64_t taken_ = WallClockNanos();
  std::vector<Directory> directories_;
  absl::flat_hash_map<std::string, size_t> known_;
};

// A path as it was recorded.
SeenPath Recorded(const record::PathDirectory& directory, flatbuffers::uoffset_t at) {
  const record::PathState& state = *directory.states()->Get(at);
  Digest::Bytes hash;
  std::copy(state.hash()->begin(), state.hash()->end(), hash.begin());
  SeenPath path{.path = Joined(directory, at),
                .kind = static_cast<Kind>(state.kind()),
                .digest = Digest(hash, 0),
                .role = static_cast<SeenPath::Role>(state.role()),
                .tag = state.tag()};
  if (path.kind == Kind::kFile) path.executable = (state.mode() & 0100) != 0;
  return path;
}

bool IsAtOrBelow(std::string_view path, const absl::flat_hash_set<std::string>& roots) {
  for (; !roots.empty() && path.size() > 1; path = PathDirname(path)) {
    if (roots.contains(path)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::string> PathSnapshot::Take(std::vector<SeenPath> seen, int64_t build_began_ns,
                                               std::string_view payload, int threads, FileStateCache& files) {
  auto all = [](const SeenPath& path) {
    return std::tie(path.path, path.kind, path.digest, path.executable, path.role, path.tag);
  };
  std::sort(seen.begin(), seen.end(), [&](const SeenPath& a, const SeenPath& b) { return all(a) < all(b); });
  auto same = [&](const SeenPath& a, const SeenPath& b) { return all(a) == all(b); };
  seen.erase(std::unique(seen.begin(), seen.end(), same), seen.end());
  SnapshotWriter writer;
  COW_RETURN_IF_ERROR(writer.Look(seen, build_began_ns, threads, files));
  return writer.Write(payload);
}

absl::StatusOr<PathSnapshot> PathSnapshot::Open(std::string bytes) {
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), 16, 100'000'000);
  if (!record::VerifyPathSnapshotBuffer(verifier)) return absl::DataLossError("not a snapshot of paths");
  for (const record::PathDirectory* directory : *record::GetPathSnapshot(bytes.data())->directories()) {
    if (directory->names()->size() != directory->states()->size()) return absl::DataLossError("not a snapshot of paths");
  }
  return PathSnapshot(std::move(bytes));
}

std::string_view PathSnapshot::payload() const {
  const auto* bytes = record::GetPathSnapshot(record_.data())->payload();
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

absl::StatusOr<std::string> PathSnapshot::Retake(const Differences& differences, const Update& update, int threads,
                                                 FileStateCache& files) const {
  auto key = [](std::string_view path, SeenPath::Role role) {
    return absl::StrCat(path, std::string_view("\0", 1), static_cast<int>(role));
  };
  absl::flat_hash_set<std::string> replaced;
  for (const SeenPath& seen : update.seen) replaced.insert(key(seen.path, seen.role));
  const absl::flat_hash_set<std::string> dropped(update.dropped.begin(), update.dropped.end());
  SnapshotWriter writer;
  std::vector<SeenPath> look = update.seen;
  for (const record::PathDirectory* directory : *record::GetPathSnapshot(record_.data())->directories()) {
    const bool all_dropped = IsAtOrBelow(directory->path()->string_view(), dropped);
    for (flatbuffers::uoffset_t i = 0; i < directory->names()->size(); ++i) {
      const record::PathState& state = *directory->states()->Get(i);
      SeenPath seen = Recorded(*directory, i);
      if (replaced.contains(key(seen.path, seen.role))) continue;
      if (seen.role == SeenPath::Role::kOutput && (all_dropped || dropped.contains(seen.path))) continue;
      if (CertaintyOf(state) == Certainty::kSettled && !differences.moved.contains(seen.path)) {
        writer.Add(seen.path, state);
      } else {
        look.push_back(std::move(seen));
      }
    }
  }
  COW_RETURN_IF_ERROR(writer.Look(look, update.build_began_ns, threads, files));
  return writer.Write(update.payload);
}

std::vector<SeenPath> PathSnapshot::Inputs(uint32_t tag) const {
  std::vector<SeenPath> inputs;
  for (const record::PathDirectory* directory : *record::GetPathSnapshot(record_.data())->directories()) {
    for (flatbuffers::uoffset_t i = 0; i < directory->names()->size(); ++i) {
      const record::PathState& state = *directory->states()->Get(i);
      const bool is_input = static_cast<SeenPath::Role>(state.role()) == SeenPath::Role::kInput;
      if (is_input && state.tag() == tag) inputs.push_back(Recorded(*directory, i));
    }
  }
  return inputs;
}

PathSnapshot::Verdict PathSnapshot::Compare(int threads, FileStateCache& files, Differences* differences,
                                            Extent extent) const {
  const record::PathSnapshot& root = *record::GetPathSnapshot(record_.data());
  // With a clock that went back, a new change may get a ctime from before the snapshot.
  if (WallClockNanos() < root.taken_ns()) return Verdict::kChanged;
  size_t paths = 0;
  for (const record::PathDirectory* directory : *root.directories()) paths += directory->names()->size();
  Comparison comparison(files, extent, *differences);
  ParallelFor(ThreadsFor(paths, threads), root.directories()->size(), [&](size_t i) {
    comparison.Compare(*root.directories()->Get(static_cast<flatbuffers::uoffset_t>(i)));
  });
  return comparison.verdict();
}

}  // namespace cow::store
