"""package_info."""

package_info = foreign_rule(doc = "Says something of licences; nothing is built of it.")
