"""What rules for packages tell each other."""

PackageArtifactInfo = provider(fields = ["file", "file_name", "label"])
PackageDirsInfo = provider(fields = ["attributes", "dirs"])
PackageFilegroupInfo = provider(fields = ["pkg_dirs", "pkg_files", "pkg_symlinks"])
PackageFilesInfo = provider(fields = ["attributes", "dest_src_map"])
PackageSymlinkInfo = provider(fields = ["attributes", "destination", "target"])
PackageVariablesInfo = provider(fields = ["values"])
