// Runs one Starlark file with starlark-go, as `cow starlark FILE` does with cow: struct is
// predeclared, print goes to standard error.
package main

import (
	"fmt"
	"os"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: starlark-go FILE")
		os.Exit(2)
	}
	predeclared := starlark.StringDict{
		"struct": starlark.NewBuiltin("struct", starlarkstruct.Make),
	}
	options := &syntax.FileOptions{Set: true}
	thread := &starlark.Thread{Name: os.Args[1]}
	if _, err := starlark.ExecFileOptions(options, thread, os.Args[1], nil, predeclared); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
