"""The same as //:pkg.bzl."""

load(
    "//:pkg.bzl",
    _pkg_deb = "pkg_deb",
    _pkg_rpm = "pkg_rpm",
    _pkg_tar = "pkg_tar",
    _pkg_zip = "pkg_zip",
)

pkg_deb = _pkg_deb
pkg_rpm = _pkg_rpm
pkg_tar = _pkg_tar
pkg_zip = _pkg_zip
