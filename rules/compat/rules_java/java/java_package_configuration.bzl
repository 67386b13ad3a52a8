"""java_package_configuration."""

load("@cow//foreign:defs.cow", _java_package_configuration = "java_package_configuration")

java_package_configuration = _java_package_configuration
