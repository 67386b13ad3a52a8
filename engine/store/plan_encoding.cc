#include "engine/store/plan_encoding.h"

#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

// 0 stands for none.
uint32_t IdOrNone(ArtifactId id, const IdNumbers& artifacts = IdNumbers()) {
  return id.valid() ? artifacts.Of(id.value()) + 1 : 0;
}

class BodyWriter {
 public:
  explicit BodyWriter(PlanNumbers& numbers) : numbers_(numbers) {}

  BodyWriter& Text(int field, std::string_view text) {
    if (!text.empty()) writer_.Int(field, numbers_.strings.Of(text) + 1);
    return *this;
  }
  // Tells the empty text from none.
  BodyWriter& Optional(int field, const std::optional<std::string>& text) {
    if (text) writer_.Int(field, numbers_.strings.Of(*text) + 1);
    return *this;
  }
  BodyWriter& Int(int field, int64_t value) {
    writer_.Int(field, value);
    return *this;
  }
  template <typename Pairs>
  BodyWriter& TextPairs(int field, const Pairs& pairs) {
    for (const auto& [first, second] : pairs) {
      writer_.Message(field, BodyWriter(numbers_).Text(1, first).Text(2, second).Take());
    }
    return *this;
  }
  BodyWriter& Message(int field, BodyWriter& message) {
    writer_.Message(field, message.Take());
    return *this;
  }
  BodyWriter& Set(int field, const Depset<ArgValue>& set) {
    if (!set.empty()) writer_.Int(field, numbers_.argument_sets.Of(set) + 1);
    return *this;
  }
  BodyWriter& Artifact(int field, ArtifactId id) { return Int(field, IdOrNone(id, numbers_.artifacts)); }
  BodyWriter& Raw(int field, std::string_view bytes) {
    writer_.Message(field, bytes);
    return *this;
  }
  BodyWriter Nested() { return BodyWriter(numbers_); }
  std::string Take() { return writer_.Take(); }

 private:
  PlanNumbers& numbers_;
  WireWriter writer_;
};

BodyWriter EncodeExpansion(const ArgExpansion& expansion, BodyWriter writer) {
  const auto& [values, flag, format_each, before_each, join_with, format_joined, terminate_with, omit, uniquify,
               expand] = expansion;
  writer.Set(1, values).Text(2, flag).Optional(3, format_each).Optional(4, before_each).Optional(5, join_with);
  writer.Optional(6, format_joined).Optional(7, terminate_with).Int(8, omit).Int(9, uniquify).Int(10, expand);
  return writer;
}

BodyWriter EncodeItem(const ArgItem& item, BodyWriter writer) {
  if (const auto* expansion = std::get_if<Boxed<ArgExpansion>>(&item)) {
    BodyWriter nested = EncodeExpansion(**expansion, writer.Nested());
    writer.Message(3, nested);
    return writer;
  }
  const ArgValue& value = *std::get_if<ArgValue>(&item);
  if (const auto* id = std::get_if<ArtifactId>(&value)) {
    writer.Artifact(2, *id);
  } else {
    writer.Text(1, *std::get_if<std::string>(&value));
  }
  return writer;
}

BodyWriter EncodeArgList(const ArgList& list, BodyWriter writer) {
  const auto& [items, flag, always, format] = list;
  for (const ArgItem& item : items) {
    BodyWriter nested = EncodeItem(item, writer.Nested());
    writer.Message(1, nested);
  }
  writer.Optional(2, flag).Int(3, always).Int(4, static_cast<int64_t>(format));
  return writer;
}

}  // namespace

uint32_t StringNumbers::Of(std::string_view text) {
  auto [place, added] = numbers_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
  if (added) texts_.push_back(text);
  return place->second;
}

uint32_t StringNumbers::OfCopy(const std::string& text) {
  if (auto known = numbers_.find(text); known != numbers_.end()) return known->second;
  return Of(copies_.emplace_back(text));
}

uint32_t StringNumbers::Find(std::string_view text) const {
  auto known = numbers_.find(text);
  return known == numbers_.end() ? kNoPlanIndex : known->second;
}

size_t SetNumbers::Hash::operator()(uint32_t number) const {
  return absl::HashOf(sets->orders_[number], sets->MembersOf(number));
}

bool SetNumbers::Equal::operator()(uint32_t a, uint32_t b) const {
  return sets->orders_[a] == sets->orders_[b] && sets->MembersOf(a) == sets->MembersOf(b);
}

absl::Span<const uint32_t> SetNumbers::MembersOf(uint32_t number) const {
  const uint32_t begin = number == 0 ? 0 : ends_[number - 1];
  return absl::MakeConstSpan(members_).subspan(begin, ends_[number] - begin);
}

// Makes the members after the last set one, unless there is one like it.
uint32_t SetNumbers::Close(uint8_t order) {
  const auto number = static_cast<uint32_t>(orders_.size());
  const uint32_t begin = number == 0 ? 0 : ends_.back();
  orders_.push_back(order);
  ends_.push_back(static_cast<uint32_t>(members_.size()));
  auto [place, added] = distinct_.insert(number);
  if (added) return number;
  orders_.pop_back();
  ends_.pop_back();
  members_.resize(begin);
  return *place;
}

void SetNumbers::AddRecorded(uint8_t order, const std::vector<uint32_t>& members) {
  members_.insert(members_.end(), members.begin(), members.end());
  Close(order);
}

uint32_t SetNumbers::TagOf(const ArgValue& value) {
  if (const auto* id = std::get_if<ArtifactId>(&value)) return TagOf(*id);
  return TagMember(SetMember::kText, strings_.Of(*std::get_if<std::string>(&value)));
}

template <typename T>
uint32_t SetNumbers::Append(const Depset<T>& set) {
  for (const T& element : set.direct()) members_.push_back(TagOf(element));
  for (const Depset<T>& child : set.transitive()) {
    members_.push_back(TagMember(SetMember::kSet, numbers_.at(child.identity())));
  }
  return Close(static_cast<uint8_t>(set.order()));
}

template <typename T>
uint32_t SetNumbers::Number(const Depset<T>& set) {
  if (set.empty()) return kNoPlanIndex;
  struct Frame {
    const Depset<T>* set;
    size_t next_child;
  };
  std::vector<Frame> stack = {{&set, 0}};
  while (!stack.empty()) {
    Frame& frame = stack.back();
    const std::vector<Depset<T>>& children = frame.set->transitive();
    if (numbers_.contains(frame.set->identity())) {
      stack.pop_back();
    } else if (frame.next_child < children.size()) {
      stack.push_back({&children[frame.next_child++], 0});
    } else {
      numbers_.emplace(frame.set->identity(), Append(*frame.set));
      stack.pop_back();
    }
  }
  return numbers_.at(set.identity());
}

std::string LabelText(const Label& label) { return label == Label() ? "" : label.ToString(); }

absl::StatusOr<Label> LabelOf(std::string_view text) {
  if (text.empty()) return Label();
  return Label::Parse(text, {});
}

uint32_t SetNumbers::Of(const Depset<ArtifactId>& set) { return Number(set); }
uint32_t SetNumbers::Of(const Depset<ArgValue>& set) { return Number(set); }

std::string EncodeRunfilesTree(const RunfilesTree& tree, const IdNumbers& artifacts) {
  const auto& [path, workspace, files, symlinks] = tree;
  std::string ids;
  for (ArtifactId id : files.ToList()) {
    const uint32_t number = artifacts.Of(id.value());
    for (int shift = 0; shift < 32; shift += 8) ids.push_back(static_cast<char>(number >> shift));
  }
  WireWriter writer;
  writer.Bytes(1, path).Bytes(2, workspace).Bytes(3, ids);
  for (const auto& [place, artifact] : symlinks) {
    writer.Message(4, WireWriter().Bytes(1, place).Int(2, IdOrNone(artifact, artifacts)).bytes());
  }
  return writer.Take();
}

// All fields by name: a new one does not compile until it is written and read.
std::string EncodeActionBody(const Action& action, PlanNumbers& numbers) {
  const auto& [kind, owner, configuration, mnemonic, progress_message, arguments, inputs, runfiles, inputs_in_runfiles,
               outputs, working_directory, env, host_tree, root_tree,
               execution_requirements, exec_properties, max_attempts, timeout_seconds, unused_inputs_list,
               captured_output, content, executable, substitutions, fetch] = action;
  BodyWriter writer(numbers);
  writer.Int(1, static_cast<int64_t>(kind)).Raw(2, LabelText(owner)).Text(3, configuration).Text(4, mnemonic);
  writer.Text(5, progress_message);
  for (const ArgList& list : arguments) {
    BodyWriter nested = EncodeArgList(list, writer.Nested());
    writer.Message(6, nested);
  }
  writer.TextPairs(7, env).Int(8, host_tree.valid() ? numbers.host_trees.Of(host_tree.value()) + 1 : 0);
  writer.TextPairs(9, execution_requirements).TextPairs(10, exec_properties).Int(11, max_attempts);
  writer.Int(12, timeout_seconds).Artifact(13, unused_inputs_list).Artifact(14, captured_output);
  writer.Text(15, content).Int(16, executable).TextPairs(17, substitutions);
  if (kind == Action::Kind::kFetch) {
    writer.Raw(18, WireWriter().Bytes(1, fetch.url).DigestMessage(2, fetch.digest).bytes());
  }
  for (const RunfilesTreePtr& tree : runfiles) writer.Raw(19, EncodeRunfilesTree(*tree, numbers.artifacts));
  writer.Int(20, inputs_in_runfiles).Text(21, working_directory).Artifact(22, root_tree);
  return writer.Take();
}

std::string EncodeHostTree(const HostTree& tree) {
  const auto& [name, entries, absent, digest] = tree;
  WireWriter writer;
  writer.Bytes(1, name);
  for (const HostTreeEntry& entry : entries) {
    const auto& [kind, path, source_path, content, executable, target] = entry;
    WireWriter encoded;
    encoded.Int(1, static_cast<int64_t>(kind)).Bytes(2, path).Bytes(3, source_path);
    encoded.Bytes(4, content.hash_view()).Int(5, content.size_bytes()).Bool(6, executable).Bytes(7, target);
    writer.Message(2, encoded.bytes());
  }
  for (const std::string& path : absent) writer.Repeated(3, path);
  writer.DigestMessage(4, digest);
  return writer.Take();
}

std::string EncodeRequestedTarget(const RequestedTarget& target) {
  const auto& [label, configuration, outputs, executable, runfiles, runfiles_tree, run_args, run_env] = target;
  WireWriter writer;
  writer.Bytes(1, LabelText(label)).Bytes(2, configuration).Int(3, IdOrNone(executable));
  for (ArtifactId id : outputs) writer.Message(4, WireWriter().Int(1, IdOrNone(id)).bytes());
  for (ArtifactId id : runfiles) writer.Message(5, WireWriter().Int(1, IdOrNone(id)).bytes());
  for (const std::string& word : run_args) writer.Repeated(6, word);
  for (const auto& [name, value] : run_env) {
    writer.Message(7, WireWriter().Bytes(1, name).Bytes(2, value).bytes());
  }
  if (runfiles_tree != nullptr) writer.Message(8, EncodeRunfilesTree(*runfiles_tree, IdNumbers()));
  return writer.Take();
}

std::string EncodeTestSpec(const TestSpec& test, const std::vector<uint32_t>& actions) {
  const auto& [label, action, log] = test;
  return WireWriter().Bytes(1, LabelText(label)).Int(2, actions[action.value()]).Int(3, IdOrNone(log)).Take();
}

}  // namespace cow::store
