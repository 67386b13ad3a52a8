"""objc_import."""

load("@cow//foreign:defs.cow", _objc_import = "objc_import")

objc_import = _objc_import
