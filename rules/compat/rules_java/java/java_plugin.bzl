"""java_plugin."""

load("@cow//foreign:defs.cow", _java_plugin = "java_plugin")

java_plugin = _java_plugin
