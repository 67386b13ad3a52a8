// ctx: what a rule function gets: faces of RuleContext, which fail once the function has returned.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/rule_context.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

using ContextRef = std::weak_ptr<RuleContext>;

class CtxValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"ctx"};
  explicit CtxValue(ContextRef context) : HostObject(kType), context_(std::move(context)) {}

  void Repr(std::string& out) const override;
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;
  const starlark::MethodTable* Methods() const override;

 private:
  ContextRef context_;
};

// ctx.attr, ctx.file, ctx.files, ctx.executable, ctx.outputs, ctx.split_attr: one field per attribute.
class AttributeView final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"struct"};
  enum class Kind { kAttr, kFile, kFiles, kExecutable, kOutputs, kSplit };
  // `of_rule`: in an aspect, the attributes of the rule it runs on instead of its own.
  AttributeView(Kind kind, ContextRef context, bool of_rule = false)
      : HostObject(kType), view_(kind), context_(std::move(context)), of_rule_(of_rule) {}

  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;

 private:
  const RuleAttributes& AttributesOf(const RuleContext& context) const;

  Kind view_;
  ContextRef context_;
  bool of_rule_;
};

// ctx.rule of an aspect: kind, attr, file, files, executable of the rule it runs on.
class AspectRuleValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"rule_attributes"};
  explicit AspectRuleValue(ContextRef context) : HostObject(kType), context_(std::move(context)) {}

  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override {
    return {"attr", "executable", "file", "files", "kind"};
  }

 private:
  ContextRef context_;
};

// ctx.toolchains: ["//x:toolchain_type"] gives a ToolchainInfo, or None for an optional one that
// was not found.
class ToolchainsValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"ToolchainContext"};
  // `group`: whose toolchains; "" = those of the rule itself.
  explicit ToolchainsValue(ContextRef context, std::string group = "")
      : HostObject(kType), context_(std::move(context)), group_(std::move(group)) {}

  bool Indexable() const override { return true; }
  absl::StatusOr<starlark::Value> Index(starlark::Thread& thread,
                                        starlark::Value key) const override;
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(starlark::Value key) const override;

 private:
  ContextRef context_;
  std::string group_;
};

// ctx.exec_groups: ["name"].toolchains is what ctx.toolchains is for the rule itself.
class ExecGroupsValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"ExecGroupCollection"};
  explicit ExecGroupsValue(ContextRef context) : HostObject(kType), context_(std::move(context)) {}

  bool Indexable() const override { return true; }
  absl::StatusOr<starlark::Value> Index(starlark::Thread& thread,
                                        starlark::Value key) const override;
  bool HasContains() const override { return true; }
  absl::StatusOr<bool> Contains(starlark::Value key) const override;

 private:
  ContextRef context_;
};

// Of the rule that runs; an aspect has none.
bool HasExecGroup(const RuleContext& context, std::string_view name);

}  // namespace cow::analysis
