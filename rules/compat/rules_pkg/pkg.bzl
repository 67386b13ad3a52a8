"""Packages: cow's own rules for them are container_layer and deb_package."""

pkg_deb = foreign_rule()
pkg_rpm = foreign_rule()
pkg_tar = foreign_rule()
pkg_zip = foreign_rule()
