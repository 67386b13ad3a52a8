module cow/tests/interop/starlark_go

go 1.19

require go.starlark.net v0.0.0-20240725214946-42030a7cedce

require golang.org/x/sys v0.0.0-20220715151400-c0bba94af5f8 // indirect
