"""license_kind."""

license_kind = foreign_rule(doc = "Says something of licences; nothing is built of it.")
