#include "engine/store/page_check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/fault_guard.h"

namespace cow::store {
namespace {

constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kVersion = 1;
constexpr uint64_t kPageHeader = 16;
constexpr uint64_t kNodeHeader = 8;
constexpr uint64_t kTreeRecord = 48;
constexpr uint64_t kNoPage = ~uint64_t{0};
constexpr uint64_t kMetaPages = 2;
constexpr uint64_t kMostUnwritten = 65536;
constexpr int kDeepest = 32;

enum PageFlag : uint16_t { kBranch = 0x01, kLeaf = 0x02, kOverflow = 0x04, kMeta = 0x08 };
enum NodeFlag : uint16_t { kBigData = 0x01, kSubTree = 0x02 };
constexpr uint16_t kIntegerKeys = 0x08;

template <typename T>
T Load(std::string_view bytes, uint64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

struct Tree {
  uint32_t pad = 0;
  uint16_t flags = 0;
  uint16_t depth = 0;
  uint64_t branch_pages = 0;
  uint64_t leaf_pages = 0;
  uint64_t overflow_pages = 0;
  uint64_t entries = 0;
  uint64_t root = kNoPage;
};

Tree LoadTree(std::string_view bytes) {
  return {.pad = Load<uint32_t>(bytes, 0),
          .flags = Load<uint16_t>(bytes, 4),
          .depth = Load<uint16_t>(bytes, 6),
          .branch_pages = Load<uint64_t>(bytes, 8),
          .leaf_pages = Load<uint64_t>(bytes, 16),
          .overflow_pages = Load<uint64_t>(bytes, 24),
          .entries = Load<uint64_t>(bytes, 32),
          .root = Load<uint64_t>(bytes, 40)};
}

// Of the file: both meta pages have one.
struct Meta {
  Tree free_pages{};
  Tree main{};
  uint64_t last_page = 0;
  uint64_t transaction = 0;
};

struct Node {
  uint64_t begin = 0;  // in its page
  uint64_t end = 0;
  uint16_t flags = 0;
  uint64_t child = 0;      // of a branch
  uint64_t data_size = 0;  // of a leaf
  std::string_view key{};
  std::string_view data{};  // of a leaf: the page number of the data if it is big
};

// A key that all keys of a page are at least, or less than.
using Bound = std::optional<std::string_view>;

class PageCheck {
 public:
  explicit PageCheck(std::string_view file) : file_(file) {}
  absl::Status Run();

 private:
  // One of the trees while it is walked.
  struct Walk {
    Tree tree{};
    bool of_free_pages = false;
    bool of_trees = false;
    Tree found{};
  };

  absl::Status Damaged(std::string_view what, uint64_t page) const {
    return absl::DataLossError(absl::StrCat("page ", page, " of the database: ", what));
  }
  absl::StatusOr<Meta> LoadMeta(uint64_t page) const;
  absl::Status CheckTree(const Tree& tree, bool of_free_pages, bool of_trees);
  absl::Status CheckPage(Walk& walk, uint64_t page, int depth, const Bound& low, const Bound& high);
  absl::Status CheckLeaf(Walk& walk, uint64_t page, const std::vector<Node>& nodes);
  absl::Status CheckBig(Walk& walk, uint64_t page, const Node& node);
  absl::Status CheckFreeList(uint64_t page, std::string_view list);
  absl::StatusOr<std::vector<Node>> LoadNodes(uint64_t page, bool leaf) const;
  absl::StatusOr<Node> LoadNode(uint64_t page, uint64_t begin, bool leaf) const;
  static bool Less(const Walk& walk, std::string_view a, std::string_view b);
  absl::Status CheckOrder(const Walk& walk, uint64_t page, const std::vector<Node>& nodes, bool leaf, const Bound& low,
                          const Bound& high) const;

  std::string_view PageBytes(uint64_t page) const { return file_.substr(page * page_size_, page_size_); }
  bool IsInFile(uint64_t first, uint64_t count) const {
    const uint64_t pages = std::min(file_.size() / page_size_, last_page_ + 1);
    return first >= kMetaPages && first < pages && count <= pages - first;
  }
  // False if it is no page or was taken before.
  bool Take(uint64_t page) {
    if (page < kMetaPages || page > last_page_ || taken_[page]) return false;
    taken_[page] = true;
    return true;
  }

  const std::string_view file_;
  uint64_t page_size_ = 0;
  uint64_t last_page_ = 0;
  std::vector<bool> taken_;
};

absl::StatusOr<Meta> PageCheck::LoadMeta(uint64_t page) const {
  const std::string_view bytes = PageBytes(page);
  if (Load<uint16_t>(bytes, 10) != kMeta) return Damaged("is no meta page", page);
  const std::string_view meta = bytes.substr(kPageHeader);
  if (Load<uint32_t>(meta, 0) != kMagic || Load<uint32_t>(meta, 4) != kVersion) return Damaged("is of another format", page);
  return Meta{.free_pages = LoadTree(meta.substr(24)),
              .main = LoadTree(meta.substr(24 + kTreeRecord)),
              .last_page = Load<uint64_t>(meta, 24 + 2 * kTreeRecord),
              .transaction = Load<uint64_t>(meta, 32 + 2 * kTreeRecord)};
}

absl::Status PageCheck::Run() {
  if (file_.size() < 4096) return Damaged("is cut off", 0);
  page_size_ = Load<uint32_t>(file_, kPageHeader + 24);  // the padding of the record of free pages
  if (page_size_ < 512 || page_size_ > 65536 || (page_size_ & (page_size_ - 1)) != 0) return Damaged("has an odd size", 0);
  if (file_.size() < kMetaPages * page_size_) return Damaged("is cut off", 1);
  COW_ASSIGN_OR_RETURN(Meta meta, LoadMeta(0));
  COW_ASSIGN_OR_RETURN(const Meta other, LoadMeta(1));
  if (other.transaction > meta.transaction) meta = other;
  if (meta.free_pages.pad != page_size_) return Damaged("has another size", other.transaction == meta.transaction ? 1 : 0);
  last_page_ = meta.last_page;
  // Pages that one transaction took at the end and gave back were never written: the file may be shorter.
  if (last_page_ < 1 || last_page_ > 2 * file_.size() / page_size_ + kMostUnwritten) return Damaged("is far from the file", last_page_);
  taken_.resize(last_page_ + 1);
  COW_RETURN_IF_ERROR(CheckTree(meta.main, false, true));
  return CheckTree(meta.free_pages, true, false);
}

absl::Status PageCheck::CheckTree(const Tree& tree, bool of_free_pages, bool of_trees) {
  Walk walk{.tree = tree, .of_free_pages = of_free_pages, .of_trees = of_trees};
  if (tree.flags != (of_free_pages ? kIntegerKeys : 0)) return Damaged("a tree of another kind begins", tree.root);
  if (tree.root == kNoPage) {
    return tree.entries == 0 && tree.depth == 0 ? absl::OkStatus() : Damaged("a tree without a root", 0);
  }
  if (tree.depth < 1 || tree.depth > kDeepest) return Damaged("a tree of impossible depth", tree.root);
  COW_RETURN_IF_ERROR(CheckPage(walk, tree.root, 1, std::nullopt, std::nullopt));
  const Tree& found = walk.found;
  if (found.branch_pages != tree.branch_pages || found.leaf_pages != tree.leaf_pages ||
      found.overflow_pages != tree.overflow_pages || found.entries != tree.entries) {
    return Damaged("a tree with other pages than it counts", tree.root);
  }
  return absl::OkStatus();
}

absl::StatusOr<Node> PageCheck::LoadNode(uint64_t page, uint64_t begin, bool leaf) const {
  const std::string_view bytes = PageBytes(page);
  if (begin + kNodeHeader > page_size_) return Damaged("a node beyond its end", page);
  const uint64_t low = Load<uint16_t>(bytes, begin);
  const uint64_t high = Load<uint16_t>(bytes, begin + 2);
  Node node{.begin = begin, .flags = Load<uint16_t>(bytes, begin + 4)};
  const uint64_t key_size = Load<uint16_t>(bytes, begin + 6);
  uint64_t size = kNodeHeader + key_size;
  uint64_t data_here = 0;
  if (leaf) {
    if ((node.flags & ~(kBigData | kSubTree)) != 0) return Damaged("a node of an unknown kind", page);
    node.data_size = low | high << 16;
    data_here = (node.flags & kBigData) != 0 ? sizeof(uint64_t) : node.data_size;
    size += data_here;
  } else {
    node.child = low | high << 16 | uint64_t{node.flags} << 32;
  }
  node.end = begin + ((size + 1) & ~uint64_t{1});
  if (node.end > page_size_) return Damaged("a node beyond its end", page);
  node.key = bytes.substr(begin + kNodeHeader, key_size);
  node.data = bytes.substr(begin + kNodeHeader + key_size, data_here);
  return node;
}

// The nodes fill the upper part of a page without gaps, in any order; the lower part says where they begin.
absl::StatusOr<std::vector<Node>> PageCheck::LoadNodes(uint64_t page, bool leaf) const {
  const std::string_view bytes = PageBytes(page);
  const uint64_t lower = Load<uint16_t>(bytes, 12);
  const uint64_t upper = Load<uint16_t>(bytes, 14);
  if (lower <= kPageHeader || lower % 2 != 0 || lower > upper || upper > page_size_) {
    return Damaged("impossible bounds", page);
  }
  std::vector<Node> nodes;
  std::vector<std::pair<uint64_t, uint64_t>> extents;
  for (uint64_t at = kPageHeader; at < lower; at += 2) {
    COW_ASSIGN_OR_RETURN(Node node, LoadNode(page, Load<uint16_t>(bytes, at), leaf));
    extents.emplace_back(node.begin, node.end);
    nodes.push_back(node);
  }
  std::sort(extents.begin(), extents.end());
  uint64_t end = upper;
  for (const auto& [node_begin, node_end] : extents) {
    if (node_begin != end) return Damaged("nodes overlap or leave gaps", page);
    end = node_end;
  }
  if (end != page_size_) return Damaged("nodes overlap or leave gaps", page);
  return nodes;
}

bool PageCheck::Less(const Walk& walk, std::string_view a, std::string_view b) {
  if (!walk.of_free_pages) return a < b;
  return Load<uint64_t>(a, 0) < Load<uint64_t>(b, 0);
}

absl::Status PageCheck::CheckOrder(const Walk& walk, uint64_t page, const std::vector<Node>& nodes, bool leaf,
                                   const Bound& low, const Bound& high) const {
  // The key of a branch's first node does not count.
  for (size_t i = leaf ? 0 : 1; i < nodes.size(); ++i) {
    const std::string_view key = nodes[i].key;
    if (walk.of_free_pages ? key.size() != sizeof(uint64_t) : key.empty()) return Damaged("an impossible key", page);
    const bool above = i == 0 || (!leaf && i == 1) || Less(walk, nodes[i - 1].key, key);
    if (!above || (low && Less(walk, key, *low)) || (high && !Less(walk, key, *high))) {
      return Damaged("keys out of order", page);
    }
  }
  return absl::OkStatus();
}

absl::Status PageCheck::CheckPage(Walk& walk, uint64_t page, int depth, const Bound& low, const Bound& high) {
  if (!IsInFile(page, 1) || !Take(page)) return Damaged("is in two places, or in none", page);
  const std::string_view bytes = PageBytes(page);
  const bool leaf = depth == walk.tree.depth;
  if (Load<uint64_t>(bytes, 0) != page || Load<uint16_t>(bytes, 10) != (leaf ? kLeaf : kBranch)) {
    return Damaged("is another page", page);
  }
  COW_ASSIGN_OR_RETURN(const std::vector<Node> nodes, LoadNodes(page, leaf));
  COW_RETURN_IF_ERROR(CheckOrder(walk, page, nodes, leaf, low, high));
  if (leaf) return CheckLeaf(walk, page, nodes);
  ++walk.found.branch_pages;
  if (nodes.size() < 2) return Damaged("a branch without branches", page);
  for (size_t i = 0; i < nodes.size(); ++i) {
    COW_RETURN_IF_ERROR(CheckPage(walk, nodes[i].child, depth + 1, i == 0 ? low : nodes[i].key,
                                  i + 1 < nodes.size() ? Bound(nodes[i + 1].key) : high));
  }
  return absl::OkStatus();
}

absl::Status PageCheck::CheckLeaf(Walk& walk, uint64_t page, const std::vector<Node>& nodes) {
  ++walk.found.leaf_pages;
  walk.found.entries += nodes.size();
  for (const Node& node : nodes) {
    if (walk.of_trees != ((node.flags & kSubTree) != 0)) return Damaged("a node of another kind", page);
    if ((node.flags & kBigData) != 0) {
      COW_RETURN_IF_ERROR(CheckBig(walk, page, node));
    } else if (walk.of_free_pages) {
      COW_RETURN_IF_ERROR(CheckFreeList(page, node.data));
    } else if (walk.of_trees) {
      if (node.data.size() != kTreeRecord) return Damaged("a tree's record of another size", page);
      COW_RETURN_IF_ERROR(CheckTree(LoadTree(node.data), false, false));
    }
  }
  return absl::OkStatus();
}

// Data that fills pages of its own, one header before all of it.
absl::Status PageCheck::CheckBig(Walk& walk, uint64_t page, const Node& node) {
  if (walk.of_trees) return Damaged("a node of another kind", page);
  const uint64_t first = Load<uint64_t>(node.data, 0);
  const uint64_t needed = (kPageHeader - 1 + node.data_size) / page_size_ + 1;
  if (!IsInFile(first, needed)) return Damaged("data out of the file", page);
  const std::string_view bytes = PageBytes(first);
  if (Load<uint64_t>(bytes, 0) != first || Load<uint16_t>(bytes, 10) != kOverflow) return Damaged("is another page", first);
  // More than needed if a smaller value took the place of a larger one in the same transaction.
  const uint64_t count = Load<uint32_t>(bytes, 12);
  if (count < needed || !IsInFile(first, count)) return Damaged("data out of the file", first);
  for (uint64_t i = 0; i < count; ++i) {
    if (!Take(first + i)) return Damaged("is in two places", first + i);
  }
  walk.found.overflow_pages += count;
  if (!walk.of_free_pages) return absl::OkStatus();
  return CheckFreeList(first, file_.substr(first * page_size_ + kPageHeader, node.data_size));
}

// A count and as many page numbers, greatest first.
absl::Status PageCheck::CheckFreeList(uint64_t page, std::string_view list) {
  const uint64_t room = list.size() / sizeof(uint64_t);
  const uint64_t count = room == 0 ? 0 : Load<uint64_t>(list, 0);
  if (room == 0 || count >= room) return Damaged("an impossible list of free pages", page);
  uint64_t before = kNoPage;
  for (uint64_t i = 1; i <= count; ++i) {
    const uint64_t free = Load<uint64_t>(list, i * sizeof(uint64_t));
    if (free >= before || !Take(free)) return Damaged("is free and in use", free);
    before = free;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPages(std::string_view file) { return PageCheck(file).Run(); }

absl::Status CheckPagesOfFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, path);
  if (info.st_size == 0) return absl::OkStatus();
  const auto size = static_cast<size_t>(info.st_size);
  void* const map = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (map == MAP_FAILED) return ErrnoStatus(errno, path);
  absl::Status status = absl::DataLossError(absl::StrCat(path, " was cut off while it was checked"));
  RunGuarded([&] { status = CheckPages({static_cast<const char*>(map), size}); });
  munmap(map, size);
  return status;
}

}  // namespace cow::store
