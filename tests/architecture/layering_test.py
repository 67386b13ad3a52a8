#!/usr/bin/env python3
"""Every #include of the engine stays within what engine/layers.txt allows; some libraries stay in their layer."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
# Third-party headers that only these folders may include.
FENCED = {
    r"lmdb\.h": ["engine/store"],
    r"flatbuffers/": ["engine/store"],
    r"gmp(xx)?\.h": ["engine/starlark"],
    r"openssl/": ["engine/base", "rules/pack", "remote-cache/http"],
    r"(zlib|lzma|zstd)\.h": ["rules/pack", "remote-cache/storage", "engine/remote/endpoint"],
    r"archive(_entry)?\.h": ["engine/loading"],
    r"re2/": ["engine/analysis", "engine/query"],
    r"yaml-cpp/": ["rules/pack"],
    r"(grpc|grpcpp)/": ["engine/remote/endpoint", "remote-cache", "tests/remote_cache"],
}


def read_layers():
    layers = {}
    for line in (root / "engine/layers.txt").read_text().splitlines():
        match = re.fullmatch(r"([a-z]+): *(.*)", line)
        if match:
            layers[match.group(1)] = match.group(2).split()
    return layers


def rank_errors(layers):
    """A layer may name only layers that stand above it in the file, so that there can be no cycle."""
    seen = set()
    for layer, deps in layers.items():
        for dep in deps:
            if dep not in seen:
                yield f"engine/layers.txt: '{layer}' names '{dep}', which does not stand above it"
        seen.add(layer)


def allowed(path, target, layers):
    parts = path.relative_to(root).parts
    if parts[0] == "engine":
        return target == parts[1] or target in layers.get(parts[1], [])
    if parts[:2] == ("rules", "pack") or parts[0] == "wire":
        return target == "base"
    if parts[0] == "remote-cache":
        return target in ("base", "model", "store")
    return True  # tests/ may look at everything


def include_errors(layers):
    for path in sorted(p for folder in ("engine", "rules/pack", "wire", "remote-cache") for p in (root / folder).rglob("*") if p.suffix in (".h", ".cc")):
        relative = path.relative_to(root)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include ["<]([^">]+)[">]', line)
            if not match:
                continue
            header = match.group(1)
            inner = re.match(r"engine/([a-z]+)/", header)
            if inner and not allowed(path, inner.group(1), layers):
                yield f"{relative}:{number}: error: '{relative.parent}' may not include '{header}' (see engine/layers.txt)"
            for pattern, folders in FENCED.items():
                if re.match(pattern, header) and not any(str(relative).startswith(f) for f in folders):
                    yield f"{relative}:{number}: error: '{header}' may be included only in {', '.join(folders)}"


def main():
    layers = read_layers()
    folders = {p.name for p in (root / "engine").iterdir() if p.is_dir()}
    errors = [f"engine/{f}: folder is not a layer of engine/layers.txt" for f in sorted(folders - layers.keys())]
    errors += list(rank_errors(layers)) + list(include_errors(layers))
    print("\n".join(errors) or f"{len(layers)} layers, no violation")
    sys.exit(1 if errors else 0)


main()
