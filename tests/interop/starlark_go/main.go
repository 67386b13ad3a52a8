// Runs Starlark programs under starlark-go, for starlark_go.py.
//
// Standard input: a JSON array of {"name", "text"}. Standard output, for each of them, one line of JSON: the errors with
// their lines, and whether they came before anything ran.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	starjson "go.starlark.net/lib/json"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

type program struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type failure struct {
	Line   int    `json:"line"`
	Static bool   `json:"static"`
	Text   string `json:"text"`
}

func assertEqual(wanted bool) func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x, y starlark.Value
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "x", &x, "y", &y); err != nil {
			return nil, err
		}
		equal, err := starlark.Equal(x, y)
		if err != nil {
			return nil, err
		}
		if equal != wanted {
			return nil, fmt.Errorf("%v, %v: equal is %v", x, y, equal)
		}
		return starlark.None, nil
	}
}

func assertTrue(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var condition starlark.Value
	message := "assertion failed"
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "condition", &condition, "msg?", &message); err != nil {
		return nil, err
	}
	if !condition.Truth() {
		return nil, fmt.Errorf("%s", message)
	}
	return starlark.None, nil
}

// The texts of errors are not compared, so the pattern is not looked at.
func assertFails(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var function starlark.Callable
	var pattern string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "function", &function, "pattern", &pattern); err != nil {
		return nil, err
	}
	if _, err := starlark.Call(thread, function, nil, nil); err == nil {
		return nil, fmt.Errorf("did not fail")
	}
	return starlark.None, nil
}

func environment() starlark.StringDict {
	one := starlark.MakeInt(1)
	dict := starlark.NewDict(1)
	dict.SetKey(starlark.String("a"), one)
	set := starlark.NewSet(1)
	set.Insert(one)
	values := starlark.StringDict{
		"struct":       starlark.NewBuiltin("struct", starlarkstruct.Make),
		"json":         starjson.Module,
		"assert_eq":    starlark.NewBuiltin("assert_eq", assertEqual(true)),
		"assert_ne":    starlark.NewBuiltin("assert_ne", assertEqual(false)),
		"assert_true":  starlark.NewBuiltin("assert_true", assertTrue),
		"assert_fails": starlark.NewBuiltin("assert_fails", assertFails),
		"frozen_list":  starlark.NewList([]starlark.Value{one}),
		"frozen_dict":  dict,
		"frozen_set":   set,
	}
	values.Freeze()
	return values
}

func failures(err error) []failure {
	switch err := err.(type) {
	case nil:
		return []failure{}
	case syntax.Error:
		return []failure{{int(err.Pos.Line), true, err.Msg}}
	case resolve.ErrorList:
		result := []failure{}
		for _, e := range err {
			result = append(result, failure{int(e.Pos.Line), true, e.Msg})
		}
		return result
	case *starlark.EvalError:
		stack := err.CallStack
		for len(stack) > 0 && stack[len(stack)-1].Pos.Line == 0 { // builtins have no place
			stack = stack[:len(stack)-1]
		}
		line := 0
		if len(stack) > 0 {
			line = int(stack[len(stack)-1].Pos.Line)
		}
		return []failure{{line, false, err.Msg}}
	default:
		return []failure{{0, true, err.Error()}}
	}
}

// A program that makes starlark-go panic has failed, in line 0.
func run(p program, predeclared starlark.StringDict) (result []failure) {
	defer func() {
		if problem := recover(); problem != nil {
			result = []failure{{0, false, fmt.Sprintf("panic: %v", problem)}}
		}
	}()
	thread := &starlark.Thread{
		Name:  p.Name,
		Print: func(*starlark.Thread, string) {},
		Load: func(_ *starlark.Thread, module string) (starlark.StringDict, error) {
			return predeclared, nil
		},
	}
	thread.SetMaxExecutionSteps(50_000_000)
	options := &syntax.FileOptions{Set: true}
	_, err := starlark.ExecFileOptions(options, thread, p.Name, strings.NewReader(p.Text), predeclared)
	return failures(err)
}

func main() {
	var programs []program
	if err := json.NewDecoder(os.Stdin).Decode(&programs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	predeclared := environment()
	out := json.NewEncoder(os.Stdout)
	for _, p := range programs {
		out.Encode(run(p, predeclared))
	}
}
