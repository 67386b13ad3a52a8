// The helper's own root: a small tmpfs that holds only what actions are made from.
//
//   /.host/<path>   the directories that the engine named, where inputs come from and outputs go to
//   /.proc          the host's /proc: the kernel allows a new /proc only where one is visible
//   /.dev/<name>    the device nodes that actions get
//   /.view          where an action's setup keeps a second view of a directory
//   /<n>            templates: one prepared root per host tree
//   /.in<n>         what is staged for one action at a time (input_trees.h)
//
// An action's mounts are a copy of these; its setup leaves them by chroot into a template, without a way
// back (see action_init.cc).
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

inline constexpr char kProcDirectory[] = "/.proc";
inline constexpr char kDeviceDirectory[] = "/.dev";
inline constexpr char kViewDirectory[] = "/.view";
inline constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom"};

// Builds that root from absolute host directories (a null pointer ends the list) and moves into it.
bool EnterZygoteRoot(char** host_directories, Failure* failure);

}  // namespace cow::sandbox
