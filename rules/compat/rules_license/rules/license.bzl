"""license."""

license = foreign_rule(doc = "Says something of licences; nothing is built of it.")
