// Copies and removes small directory trees: regular files, directories and symlinks, with their times.
#pragma once

namespace cow::sandbox {

// Copies the content of the directory `from` into the existing directory `to`. Files become 0444,
// or 0555 if executable; anything that is no file, directory or symlink is skipped. Sets errno and
// returns false on failure.
bool CopyTree(const char* from, const char* to);

// The file, directory with all below it, or symlink `from`, as `to`, which does not exist. Regular files are linked.
bool LinkEntry(const char* from, const char* to);

// Removes a file, or a directory with all below it; no symlink is followed. True also if there is none.
bool RemoveTree(const char* path);

// Copies all bytes from one descriptor to the other.
bool CopyBytes(int from, int to);

}  // namespace cow::sandbox
