// The readers of plan_encoding.h.
#include <map>
#include <utility>

#include "engine/base/status.h"
#include "engine/store/plan_encoding.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

uint32_t Number(const WireReader& reader) { return static_cast<uint32_t>(reader.integer()); }

ArtifactId IdOf(const WireReader& reader) {
  return reader.integer() == 0 ? ArtifactId() : ArtifactId(Number(reader) - 1);
}

// Fields 1 and 2 of a message, as numbers or bytes.
struct TwoFields {
  uint32_t numbers[2] = {0, 0};
  std::string_view bytes[2] = {};
};

absl::StatusOr<TwoFields> DecodeTwo(std::string_view bytes) {
  TwoFields two;
  WireReader reader(bytes);
  while (reader.Next()) {
    const int at = reader.field() - 1;
    if (at < 0 || at > 1) {
      reader.Fail("unknown field");
    } else if (reader.is_bytes()) {
      two.bytes[at] = reader.bytes();
    } else {
      two.numbers[at] = Number(reader);
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return two;
}

class BodyReader {
 public:
  explicit BodyReader(const PlanNames& names) : names_(names) {}

  std::string Text(const WireReader& reader) const { return TextOf(Number(reader)); }

  absl::StatusOr<std::pair<std::string, std::string>> TextPair(std::string_view bytes) const {
    COW_ASSIGN_OR_RETURN(TwoFields two, DecodeTwo(bytes));
    return std::pair(TextOf(two.numbers[0]), TextOf(two.numbers[1]));
  }

  absl::Status AddRunfiles(std::string_view bytes, Action* action) const {
    COW_ASSIGN_OR_RETURN(RunfilesTreePtr tree, DecodeRunfilesTree(bytes, names_.artifact));
    action->runfiles.push_back(std::move(tree));
    return absl::OkStatus();
  }

  ArtifactId Artifact(const WireReader& reader) const { return names_.artifact(Number(reader) - 1); }

  absl::StatusOr<ArgExpansion> Expansion(std::string_view bytes) const {
    ArgExpansion expansion{.omit_if_empty = false, .expand_directories = false};
    WireReader reader(bytes);
    while (reader.Next()) {
      switch (reader.field()) {
        case 1: expansion.values = names_.argument_set(Number(reader) - 1); break;
        case 2: expansion.flag = Text(reader); break;
        case 3: expansion.format_each = Text(reader); break;
        case 4: expansion.before_each = Text(reader); break;
        case 5: expansion.join_with = Text(reader); break;
        case 6: expansion.format_joined = Text(reader); break;
        case 7: expansion.terminate_with = Text(reader); break;
        case 8: expansion.omit_if_empty = reader.integer() != 0; break;
        case 9: expansion.uniquify = reader.integer() != 0; break;
        case 10: expansion.expand_directories = reader.integer() != 0; break;
        default: reader.Fail("unknown field");
      }
    }
    COW_RETURN_IF_ERROR(reader.status());
    return expansion;
  }

  absl::StatusOr<ArgItem> Item(std::string_view bytes) const {
    ArgItem item = ArgValue(std::string());
    WireReader reader(bytes);
    while (reader.Next()) {
      switch (reader.field()) {
        case 1: item = ArgValue(Text(reader)); break;
        case 2: item = ArgValue(Artifact(reader)); break;
        case 3: {
          COW_ASSIGN_OR_RETURN(ArgExpansion expansion, Expansion(reader.bytes()));
          item = std::move(expansion);
          break;
        }
        default: reader.Fail("unknown field");
      }
    }
    COW_RETURN_IF_ERROR(reader.status());
    return item;
  }

  absl::StatusOr<ArgList> List(std::string_view bytes) const {
    ArgList list;
    WireReader reader(bytes);
    while (reader.Next()) {
      switch (reader.field()) {
        case 1: {
          COW_ASSIGN_OR_RETURN(ArgItem item, Item(reader.bytes()));
          list.items.push_back(std::move(item));
          break;
        }
        case 2: list.param_file_flag = Text(reader); break;
        case 3: list.param_file_always = reader.integer() != 0; break;
        case 4: list.param_file_format = static_cast<ArgList::ParamFileFormat>(reader.integer()); break;
        default: reader.Fail("unknown field");
      }
    }
    COW_RETURN_IF_ERROR(reader.status());
    return list;
  }

  absl::Status AddPair(std::string_view bytes, std::map<std::string, std::string>* to) const {
    COW_ASSIGN_OR_RETURN(auto pair, TextPair(bytes));
    to->insert(std::move(pair));
    return absl::OkStatus();
  }

  absl::Status Fetch(std::string_view bytes, FetchSpec* fetch) const {
    COW_ASSIGN_OR_RETURN(TwoFields two, DecodeTwo(bytes));
    fetch->url = two.bytes[0];
    COW_ASSIGN_OR_RETURN(fetch->digest, DecodeDigestMessage(two.bytes[1]));
    return absl::OkStatus();
  }

 private:
  std::string TextOf(uint32_t number) const { return number == 0 ? "" : names_.text(number - 1); }

  const PlanNames& names_;
};

absl::Status DecodeActionField(const WireReader& reader, const BodyReader& body, Action* action) {
  switch (reader.field()) {
    case 1: action->kind = static_cast<Action::Kind>(reader.integer()); break;
    case 2: {
      COW_ASSIGN_OR_RETURN(action->owner, LabelOf(reader.bytes()));
      break;
    }
    case 3: action->configuration = body.Text(reader); break;
    case 4: action->mnemonic = body.Text(reader); break;
    case 5: action->progress_message = body.Text(reader); break;
    case 6: {
      COW_ASSIGN_OR_RETURN(ArgList list, body.List(reader.bytes()));
      action->arguments.push_back(std::move(list));
      break;
    }
    case 7: return body.AddPair(reader.bytes(), &action->env);
    case 8: action->host_tree = HostTreeId(Number(reader) - 1); break;
    case 9: return body.AddPair(reader.bytes(), &action->execution_requirements);
    case 10: return body.AddPair(reader.bytes(), &action->exec_properties);
    case 11: action->max_attempts = static_cast<int>(reader.integer()); break;
    case 12: action->timeout_seconds = static_cast<int64_t>(reader.integer()); break;
    case 13: action->unused_inputs_list = body.Artifact(reader); break;
    case 14: action->captured_output = body.Artifact(reader); break;
    case 15: action->content = body.Text(reader); break;
    case 16: action->executable = reader.integer() != 0; break;
    case 17: {
      COW_ASSIGN_OR_RETURN(auto pair, body.TextPair(reader.bytes()));
      action->substitutions.push_back(std::move(pair));
      break;
    }
    case 18: return body.Fetch(reader.bytes(), &action->fetch);
    case 19: return body.AddRunfiles(reader.bytes(), action);
    case 20: action->inputs_in_runfiles = reader.integer() != 0; break;
    case 21: action->working_directory = body.Text(reader); break;
    case 22: action->root_tree = body.Artifact(reader); break;
    default: return absl::DataLossError("unknown field of an action");
  }
  return absl::OkStatus();
}

absl::StatusOr<HostTreeEntry> DecodeEntry(std::string_view bytes) {
  HostTreeEntry entry;
  std::string_view hash;
  int64_t size = 0;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1: entry.kind = static_cast<HostTreeEntry::Kind>(reader.integer()); break;
      case 2: entry.path = reader.bytes(); break;
      case 3: entry.source_path = reader.bytes(); break;
      case 4: hash = reader.bytes(); break;
      case 5: size = static_cast<int64_t>(reader.integer()); break;
      case 6: entry.executable = reader.integer() != 0; break;
      case 7: entry.target = reader.bytes(); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  COW_ASSIGN_OR_RETURN(entry.digest, Digest::FromBytes(hash, size));
  return entry;
}

}  // namespace

absl::StatusOr<Action> DecodeActionBody(std::string_view bytes, const PlanNames& names) {
  Action action{.max_attempts = 0};
  const BodyReader body(names);
  WireReader reader(bytes);
  while (reader.Next()) COW_RETURN_IF_ERROR(DecodeActionField(reader, body, &action));
  COW_RETURN_IF_ERROR(reader.status());
  return action;
}

absl::StatusOr<HostTree> DecodeHostTree(std::string_view bytes) {
  HostTree tree;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1: tree.name = reader.bytes(); break;
      case 2: {
        COW_ASSIGN_OR_RETURN(HostTreeEntry entry, DecodeEntry(reader.bytes()));
        tree.entries.push_back(std::move(entry));
        break;
      }
      case 3: tree.absent.emplace_back(reader.bytes()); break;
      case 4: {
        COW_ASSIGN_OR_RETURN(tree.digest, DecodeDigestMessage(reader.bytes()));
        break;
      }
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return tree;
}

absl::StatusOr<RunfilesTreePtr> DecodeRunfilesTree(std::string_view bytes,
                                                   const std::function<ArtifactId(uint32_t)>& artifact) {
  RunfilesTree tree;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1: tree.path = reader.bytes(); break;
      case 2: tree.workspace = reader.bytes(); break;
      case 3: {
        std::vector<ArtifactId> files;
        for (std::string_view ids = reader.bytes(); ids.size() >= 4; ids.remove_prefix(4)) {
          uint32_t id = 0;
          for (size_t i = 0; i < 4; ++i) id |= uint32_t{static_cast<uint8_t>(ids[i])} << (8 * i);
          files.push_back(artifact(id));
        }
        tree.files = Depset<ArtifactId>(std::move(files), {});
        break;
      }
      case 4: {
        COW_ASSIGN_OR_RETURN(TwoFields link, DecodeTwo(reader.bytes()));
        tree.symlinks.push_back({std::string(link.bytes[0]), artifact(link.numbers[1] - 1)});
        break;
      }
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return std::make_shared<const RunfilesTree>(std::move(tree));
}

absl::StatusOr<RequestedTarget> DecodeRequestedTarget(std::string_view bytes) {
  RequestedTarget target;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1: {
        COW_ASSIGN_OR_RETURN(target.label, LabelOf(reader.bytes()));
        break;
      }
      case 2: target.configuration = reader.bytes(); break;
      case 3: target.executable = IdOf(reader); break;
      case 4:
      case 5: {
        COW_ASSIGN_OR_RETURN(TwoFields id, DecodeTwo(reader.bytes()));
        (reader.field() == 4 ? target.outputs : target.runfiles).push_back(ArtifactId(id.numbers[0] - 1));
        break;
      }
      case 6: target.run_args.emplace_back(reader.bytes()); break;
      case 7: {
        COW_ASSIGN_OR_RETURN(TwoFields variable, DecodeTwo(reader.bytes()));
        target.run_env.emplace(variable.bytes[0], variable.bytes[1]);
        break;
      }
      case 8: {
        COW_ASSIGN_OR_RETURN(target.runfiles_tree,
                             DecodeRunfilesTree(reader.bytes(), [](uint32_t id) { return ArtifactId(id); }));
        break;
      }
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return target;
}

absl::StatusOr<TestSpec> DecodeTestSpec(std::string_view bytes) {
  TestSpec test{.action = ActionId(0)};
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1: {
        COW_ASSIGN_OR_RETURN(test.label, LabelOf(reader.bytes()));
        break;
      }
      case 2: test.action = ActionId(Number(reader)); break;
      case 3: test.log = IdOf(reader); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return test;
}

}  // namespace cow::store
