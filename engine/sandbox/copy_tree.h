// Copies a small directory tree: regular files, directories and symlinks, with their times.
#pragma once

namespace cow::sandbox {

// Copies the content of the directory `from` into the existing directory `to`. Files become 0444,
// or 0555 if executable; anything that is no file, directory or symlink is skipped. Sets errno and
// returns false on failure.
bool CopyTree(const char* from, const char* to);

// Copies all bytes from one descriptor to the other.
bool CopyBytes(int from, int to);

}  // namespace cow::sandbox
