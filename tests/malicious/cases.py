"""Programs that try to hang or exhaust whoever runs them: name, text, how each must end.

How: "steps" or "memory" (that limit is reached and named), "limit" (either, or a clear refusal of
the size), "error" (any error message), "refused" (one
that may be long), "fine" (no error: it only looks dangerous).
"""

CASES = []


def case(name, how, text):
    CASES.append((name, how, text))


def in_function(name, how, setup, expression, rounds="1 << 50"):
    """The expression, evaluated again and again."""
    case(name, how, f"def run():\n    {setup}\n    for _ in range({rounds}):\n        {expression}\nrun()\n")


def body(name, how, text):
    """The text as the body of a function, where loops may stand."""
    case(name, how, "def run():\n" + "".join(f"    {line}\n" for line in text.splitlines()) + "run()\n")


SHARED = "x = 'leaf'\nfor _ in range(60):\n    x = [x, x]\n"
SHARED_TUPLE = "x = ('leaf',)\nfor _ in range(60):\n    x = (x, x)\n"
COPY = SHARED + "y = 'leaf'\nfor _ in range(60):\n    y = [y, y]\n"
LONG = "s = 'a' * (20 << 20)\n"
MANY = "n = list(range(1 << 20))\n"

# Loops and calls.
case("loop_forever", "steps", "def f():\n    for i in range(1 << 60):\n        pass\nf()\n")
case("loop_with_long_body", "steps", "def f():\n    x = 0\n    for i in range(1 << 60):\n"
     + "        x = i\n" * 20000 + "f()\n")
case("loop_that_continues_at_the_end", "steps", "def f():\n    x = 0\n    for i in range(1 << 60):\n"
     + "        x = i\n" * 20000 + "        continue\nf()\n")
case("loop_of_lookups", "steps", "def f():\n    d = {'a': 1}\n    for i in range(1 << 60):\n"
     + "        d['a']\n" * 20000 + "f()\n")
case("loop_of_comparisons", "steps", "def f():\n    a = 'x' * 1000\n    b = 'x' * 999 + 'y'\n"
     "    for i in range(1 << 60):\n" + "        a == b\n" * 20000 + "f()\n")
case("nested_loops", "steps", "def f():\n" + "".join(
    "    " * (i + 1) + f"for v{i} in range(100):\n" for i in range(20)) + "    " * 21 + "pass\nf()\n")
case("nested_comprehension", "steps",
     "x = [0 for a in range(9999) for b in range(9999) for c in range(9999) if False]\n")
case("empty_comprehension", "steps", "x = [i for i in range(1 << 60) if i < 0]\n")
case("exponential_calls", "steps", "def f0():\n    return 0\n" + "".join(
    f"def f{i}():\n    f{i - 1}()\n    f{i - 1}()\n" for i in range(1, 80)) + "f79()\n")
case("long_function_called_often", "steps", "def g():\n    x = 1\n" + "    x = 2\n" * 20000
     + "def f():\n    for i in range(1 << 60):\n        g()\nf()\n")
case("calls_below_a_deep_stack", "steps", "def leaf():\n    pass\ndef f0():\n    for i in range(1 << 60):\n"
     "        leaf()\n" + "".join(f"def f{i}():\n    f{i - 1}()\n" for i in range(1, 1900)) + "f1899()\n")
case("call_stack_too_deep", "error", "def f0():\n    pass\n" + "".join(
    f"def f{i}():\n    f{i - 1}()\n" for i in range(1, 5000)) + "f4999()\n")
case("recursion", "error", "def f(x):\n    return f(x)\nf(1)\n")
case("recursion_through_lambda", "error", "f = lambda g: g(g)\nf(f)\n")
case("callbacks_too_deep", "error", "def f0(x):\n    return 0\n" + "".join(
    f"def f{i}(x):\n    return sorted([1], key = f{i - 1})\n" for i in range(1, 1000)) + "f999(1)\n")
case("lambda_per_round", "memory", "x = [lambda: i for i in range(1 << 50)]\n")
case("named_arguments_backwards", "steps",
     "def f(" + ", ".join(f"p{i} = 0" for i in range(5000)) + "):\n    pass\ndef g():\n"
     "    for _ in range(1 << 50):\n        f(" + ", ".join(f"p{i} = 1" for i in reversed(range(5000)))
     + ")\ng()\n")
case("many_defaults", "steps", "def f(" + ", ".join(f"p{i} = 0" for i in range(20000))
     + "):\n    pass\ndef g():\n    for _ in range(1 << 50):\n        f()\ng()\n")
in_function("keyword_dict_merged_again", "limit", "d = {'k%d' % i: i for i in range(20000)}", "dict(a = 1, **d)")
in_function("star_arguments", "limit", "n = list(range(200000))", "max(*n)")
case("huge_star_arguments", "limit", "def f(*args):\n    pass\nf(*range(1 << 40))\n")
case("star_arguments_down_a_stack", "limit", "r = range(3 << 20)\ndef f0(*a):\n    pass\n" + "".join(
    f"def f{i}(*a):\n    f{i - 1}(*r)\n" for i in range(1, 300)) + "f299(*r)\n")

# Values that share parts: small in memory, huge to walk.
body("shared_repr", "limit", SHARED + "repr(x)\n")
body("shared_str", "limit", SHARED + "str(x)\n")
body("shared_percent", "limit", SHARED + "'%s' % [x]\n")
body("shared_format", "limit", SHARED + "'{}'.format(x)\n")
body("shared_print", "limit", SHARED + "print(x)\n")
body("shared_fail", "limit", SHARED + "fail(x)\n")
body("shared_json", "limit", SHARED + "json.encode(x)\n")
body("shared_json_dicts", "limit",
     "x = {}\nfor _ in range(60):\n    x = {'a': x, 'b': x}\njson.encode(x)\n")
body("shared_json_structs", "limit",
     "x = struct()\nfor _ in range(60):\n    x = struct(a = x, b = x)\njson.encode(x)\n")
body("shared_encode_indent", "limit", SHARED + "json.encode_indent(x)\n")
body("shared_equal", "steps", COPY + "x == y\n")
body("shared_not_equal", "steps", COPY + "x != y\n")
body("shared_less", "steps", COPY + "x < y\n")
body("shared_in", "steps", COPY + "x in [y]\n")
body("shared_index", "steps", COPY + "[y].index(x)\n")
body("shared_remove", "steps", COPY + "[y].remove(x)\n")
body("shared_sorted", "steps", COPY + "sorted([x, y])\n")
body("shared_max", "steps", COPY + "max(x, y)\n")
body("shared_hash", "steps", SHARED_TUPLE + "{x: 1}\n")
body("shared_set", "steps", SHARED_TUPLE + "set([x])\n")
body("shared_dict_equal", "steps",
     "x = {}\ny = {}\nfor _ in range(60):\n    x = {1: x, 2: x}\n    y = {1: y, 2: y}\nx == y\n")
body("shared_struct_equal", "steps", "x = struct(v = 1)\ny = struct(v = 1)\nfor _ in range(60):\n"
     "    x = struct(a = x, b = x)\n    y = struct(a = y, b = y)\nx == y\n")
body("shared_struct_repr", "limit",
     "x = struct()\nfor _ in range(60):\n    x = struct(a = x, b = x)\nrepr(x)\n")
body("shared_in_an_error_message", "limit", SHARED_TUPLE + "{}[x]\n")
body("shared_wide_repr", "limit", "x = [0] * 1000\nfor _ in range(9):\n    x = [x] * 1000\nrepr(x)\n")
body("cyclic_repr", "fine", "x = []\nx.append(x)\nrepr(x)\nx += [x]\nstr(x)\n")
case("cyclic_equal", "error", "x = []\nx.append(x)\ny = []\ny.append(y)\nx == y\n")
case("cyclic_json", "error", "x = []\nx.append(x)\njson.encode(x)\n")
body("deep_repr", "fine", "x = []\nfor _ in range(100000):\n    x = [x]\nlen(repr(x))\n")
body("deep_equal", "error", "x = []\ny = []\nfor _ in range(100000):\n    x = [x]\n    y = [y]\nx == y\n")
body("deep_hash", "error", "x = ()\nfor _ in range(100000):\n    x = (x,)\n{x: 1}\n")
body("deep_json", "error", "x = []\nfor _ in range(100000):\n    x = [x]\njson.encode(x)\n")
case("deep_json_decode", "error", "json.decode('[' * 100000)\n")
body("leaves_below_a_deep_list", "limit", "x = [[] for _ in range(1 << 20)]\nfor _ in range(900):\n    x = [x]\n"
     "for _ in range(1000):\n    repr(x)\n")

# Text.
in_function("find", "steps", LONG.strip(), "s.find('b')")
in_function("rfind", "steps", LONG.strip(), "s.rfind('b')")
in_function("count", "steps", LONG.strip(), "s.count('a')")
in_function("find_nearly_everywhere", "steps", "s = 'a' * 2000000; t = 'a' * 1000000 + 'b'", "s.find(t)")
in_function("rfind_nearly_everywhere", "steps", "s = 'a' * 2000000; t = 'b' + 'a' * 1000000", "s.rfind(t)")
in_function("in_nearly_everywhere", "steps", "s = 'a' * 2000000; t = 'a' * 1000000 + 'b'", "t in s")
in_function("split_nearly_everywhere", "steps", "s = 'a' * 2000000; t = 'a' * 1000000 + 'b'", "s.split(t)")
in_function("replace", "limit", LONG.strip(), "s.replace('a', 'b')")
in_function("replace_nothing", "steps", LONG.strip(), "s.replace('b', 'a')")
case("replace_grows", "limit", "s = 'a' * 100000\ns.replace('a', s)\n")
body("replace_again", "limit", "s = 'a'\nfor _ in range(60):\n    s = s.replace('a', 'aa')\n")
in_function("split", "limit", LONG.strip(), "s.split('a')")
in_function("split_spaces", "limit", "s = 'a ' * (10 << 20)", "s.split()")
in_function("rsplit", "limit", LONG.strip(), "s.rsplit('a')")
in_function("splitlines", "limit", "s = '\\n' * (20 << 20)", "s.splitlines()")
in_function("join", "limit", "n = ['a' * 1000] * 1000", "''.join(n)")
case("join_grows", "limit", "s = 'a' * (1 << 20)\n' '.join([s] * 100000)\n")
case("join_long_separator", "limit", "s = 'a' * (30 << 20)\ns.join(['', ''] * 1000)\n")
in_function("upper", "limit", LONG.strip(), "s.upper()")
in_function("isalpha", "steps", LONG.strip(), "s.isalpha()")
in_function("istitle", "steps", "s = 'A b ' * (5 << 20)", "s.istitle()")
in_function("strip_set", "steps", "s = 'a' * 1000000; t = 'b' * 1000000 + 'a'", "s.strip(t)")
in_function("startswith_tuple", "steps", "s = 'a' * 1000000; t = ('a' * 999999 + 'b',) * 1000", "s.startswith(t)")
in_function("compare_long_text", "steps", "s = 'a' * 10000000; t = 'a' * 9999999 + 'b'", "s < t")
in_function("equal_long_text", "steps", "s = 'a' * 10000000; t = 'a' * 9999999 + 'b'", "s == t")
in_function("hash_long_text", "steps", LONG.strip(), "hash(s)")
in_function("slices", "limit", LONG.strip(), "s[::-1]")
in_function("codepoints", "limit", "s = 'a' * (1 << 20)", "s.codepoints()")
in_function("elems", "limit", "s = 'a' * (1 << 20)", "s.elems()")
body("text_doubles", "limit", "s = 'a'\nfor _ in range(60):\n    s += s\n")
case("text_repeats", "limit", "'a' * (1 << 40)\n")
case("text_repeats_to_the_brim", "limit", "s = ['a' * (100 << 20) for _ in range(10)]\n")
in_function("text_grows_slowly", "limit", "s = ''; t = 'x' * 1000", "s = s + t")
in_function("text_grows_in_front", "limit", "s = ''; t = 'x' * 1000", "s = t + s")
case("percent_many_long", "limit", "s = 'a' * (60 << 20)\n('%s' * 100) % ((s,) * 100)\n")
case("format_many_long", "limit", "s = 'a' * (60 << 20)\n('{0}' * 100).format(s)\n")
case("percent_quotes_long", "limit", "s = '\\x01' * (60 << 20)\n'%r' % s\n")
case("format_many_names", "steps", "d = {'k%d' % i: i for i in range(20000)}\n('{k19999}' * 100000).format(**d)\n")
case("print_long", "limit", "s = 'a' * (60 << 20)\nprint(*([s] * 100))\n")
case("fail_long", "limit", "s = 'a' * (60 << 20)\nfail(*([s] * 100))\n")
in_function("getattr_names_for_ever", "limit", "s = struct(a = 1); t = 'x' * 10000", "getattr(s, t + str(_), None)")

# Numbers.
body("int_squares", "limit", "x = 3\nfor _ in range(60):\n    x = x * x\n")
in_function("int_multiplies", "limit", "x = 1\n    for _ in range(20): x = x * x + (1 << 500)", "x * x")
in_function("int_divides", "limit", "x = 1\n    for _ in range(18): x = x * x + (1 << 500)\n    y = x // 7", "x // y")
in_function("int_modulo", "limit", "x = 1\n    for _ in range(18): x = x * x + (1 << 500)\n    y = x // 7", "x % y")
in_function("int_prints", "limit", "x = 3\n    for _ in range(22): x = x * x", "str(x)")
in_function("int_formats", "limit", "x = 3\n    for _ in range(22): x = x * x", "'%d' % x")
in_function("int_reads", "limit", "s = '9' * 900000", "int(s)")
case("int_reads_very_long", "error", "int('9' * (100 << 20))\n")
case("int_json", "limit", "def f():\n    for _ in range(1000):\n        json.decode('9' * 900000)\nf()\n")
in_function("int_compares", "steps", "x = 3\n    for _ in range(22): x = x * x\n    y = x + 1", "x < y")
in_function("int_hashes", "steps", "x = 3\n    for _ in range(22): x = x * x\n    d = {}", "x in d")
in_function("int_negates", "limit", "x = 3\n    for _ in range(22): x = x * x", "-x")
case("int_shift", "error", "1 << (1 << 40)\n")
case("int_literal", "error", "x = " + "9" * 5000000 + "\n")
case("hex_literal", "error", "x = 0x" + "f" * 5000000 + "\n")
case("float_literal", "error", "x = " + "9" * 5000000 + ".0\n")

# Lists, dicts, sets.
case("list_of_range", "limit", "list(range(1 << 40))\n")
case("tuple_of_range", "limit", "tuple(range(1 << 40))\n")
case("set_of_range", "limit", "set(range(1 << 40))\n")
case("sorted_range", "limit", "sorted(range(1 << 40))\n")
case("reversed_range", "limit", "reversed(range(1 << 40))\n")
case("enumerate_range", "limit", "enumerate(range(1 << 40))\n")
case("zip_ranges", "limit", "zip(range(1 << 40), range(1 << 40))\n")
case("zip_short_and_endless", "fine", "zip([1], range(1 << 60)) == [(1, 0)] or fail()\n")
case("zip_many", "limit", "n = list(range(1 << 18))\nzip(*([n] * 1000))\n")
case("max_range", "limit", "max(range(1 << 40))\n")
case("min_range", "limit", "min(range(1 << 40))\n")
case("all_range", "steps", "all(range(1, 1 << 60))\n")
case("any_range", "steps", "any([0 for _ in range(1000)])\nany(range(0, 1)) or all(range(1, 1 << 60))\n")
case("bytes_of_range", "limit", "bytes([1] * (300 << 20))\n")
case("extend_range", "limit", "x = []\nx.extend(range(1 << 40))\n")
body("inplace_range", "limit", "x = []\nx += range(1 << 40)\n")
case("unpack_range", "error", "a, b = range(1 << 60)\n")
case("dict_of_endless_pair", "error", "dict([range(1 << 60)])\n")
case("list_repeats", "limit", "[0] * (1 << 40)\n")
body("list_doubles", "limit", "x = [0]\nfor _ in range(60):\n    x = x + x\n")
body("list_doubles_in_place", "limit", "x = [0]\nfor _ in range(60):\n    x += x\n")
case("list_appends", "limit", "def f():\n    x = []\n    for i in range(1 << 60):\n        x.append(i)\nf()\n")
in_function("tuple_doubles", "limit", "x = (0,)", "x = x + x")
in_function("insert_in_front", "limit", MANY.strip(), "n.insert(0, 1)")
in_function("pop_and_push", "steps", MANY.strip(), "n.append(n.pop(0))")
in_function("remove_and_push", "steps", MANY.strip(), "n.remove(n[-1]); n.append(-1)")
in_function("list_index", "steps", MANY.strip(), "n.index(n[-1])")
in_function("in_list", "steps", MANY.strip(), "-1 in n")
in_function("equal_lists", "steps", MANY.strip() + "; m = list(n)", "n == m")
in_function("less_lists", "steps", MANY.strip() + "; m = list(n)", "n < m")
in_function("slice_list", "limit", MANY.strip(), "n[:]")
in_function("reverse_list", "limit", MANY.strip(), "n[::-1]")
in_function("sort_list", "limit", "n = [i * 7919 % 1000003 for i in range(300000)]", "sorted(n)")
in_function("sort_floats", "limit", "n = [i * 7919 % 1000003 / 3 for i in range(300000)]", "sorted(n)")
case("sort_long_texts", "limit", "s = 'a' * 1000000\nn = [s[i:] for i in range(100000)]\nsorted(n)\n")
case("sort_within_sort", "limit", "n = list(range(1 << 20))\ndef k0(x):\n    return 0\n" + "".join(
    f"def k{i}(x):\n    return sorted(n, key = k{i - 1})\n" for i in range(1, 100)) + "sorted(n, key = k99)\n")
in_function("min_list", "steps", MANY.strip(), "min(n)")
in_function("dict_items", "limit", "d = {i: i for i in range(1 << 18)}", "d.items()")
in_function("dict_keys", "limit", "d = {i: i for i in range(1 << 18)}", "d.keys()")
in_function("dict_merge", "limit", "d = {i: i for i in range(1 << 18)}", "d | d")
in_function("dict_copy", "limit", "d = {i: i for i in range(1 << 18)}", "dict(d)")
in_function("dict_equal", "steps", "d = {i: i for i in range(1 << 18)}; e = dict(d)", "d == e")
in_function("dict_clear", "steps", "d = {i: i for i in range(1 << 20)}", "d.clear(); d[1] = 1")
in_function("dict_pop_last", "steps", "d = {i: i for i in range(1 << 20)}; d.clear()", "d[1] = 1; d.pop(1)")
case("dict_of_holes", "steps", "def f():\n    d = {i: i for i in range(1 << 20)}\n    for i in range(1, (1 << 20) - 1):\n"
     "        d.pop(i)\n    for _ in range(1 << 50):\n        for k in d:\n            pass\nf()\n")
case("dict_of_holes_copied", "steps", "def f():\n    d = {i: i for i in range(1 << 20)}\n"
     "    for i in range(1, (1 << 20) - 1):\n        d.pop(i)\n    for _ in range(1 << 50):\n        d.keys()\nf()\n")
case("dict_grows", "limit", "def f():\n    d = {}\n    for i in range(1 << 60):\n        d[i] = i\nf()\n")
case("dict_collisions", "steps", "def f():\n    d = {}\n    for i in range(1 << 20):\n"
     "        d[(i << 32) | ((-i * 0x9e3779b1) & 0xffffffff)] = i\nf()\n")
in_function("set_union", "limit", "s = set(range(1 << 18))", "s | s")
in_function("set_difference", "limit", "s = set(range(1 << 18))", "s - set()")
in_function("set_subset", "steps", "s = set(range(1 << 18)); t = set(s)", "s.issubset(t)")
in_function("set_equal", "steps", "s = set(range(1 << 18)); t = set(s)", "s == t")
case("set_grows", "limit", "def f():\n    s = set()\n    for i in range(1 << 60):\n        s.add(i)\nf()\n")
case("big_literals", "limit", "def f():\n" + ("    x = (" + "1, " * 1000 + ")\n") * 100
     + "def g():\n    k = []\n    for _ in range(1 << 50):\n        f()\ng()\n")
body("structs_for_ever", "limit", "x = struct()\nfor i in range(1 << 50):\n    x = struct(a = x)\n")
in_function("wide_struct", "limit", "d = {'k%d' % i: i for i in range(20000)}", "struct(**d)")

# JSON.
case("json_decode_many_lists", "limit", "s = '[' + '[],' * (8 << 20) + '0]'\njson.decode(s)\n")
case("json_indent_grows", "limit", "s = '[' * 900 + ']' * 900\njson.indent(s, indent = 'x' * 1000000)\n")
case("json_indent_prefix", "limit", "s = '[' + '0,' * 100000 + '0]'\njson.indent(s, prefix = 'x' * 100000)\n")
case("json_indent_many_lists", "limit", "s = '[' + '[],' * (8 << 20) + '0]'\njson.indent(s)\n")
in_function("json_long_text", "limit", "s = '\\x01' * (4 << 20)", "json.encode(s)")
case("json_quotes_to_the_brim", "limit", "json.encode('\\x01' * (100 << 20))\n")
body("json_long_common_keys", "limit",
     "s = 'a' * 1000000\nd = {}\nfor i in range(20000):\n    d[s[i:]] = i\njson.encode(d)\n")
case("json_swallows_errors", "limit", "s = '[' + '[],' * (8 << 20) + '0]'\njson.decode(s, None)\n")

# Source text.
case("source_bad_bytes", "error", "\x01" * 500000)
case("source_bad_lines", "error", "? $\n" * 200000)
case("source_undefined_names", "error", "".join(f"a{i}\n" for i in range(100000)))
case("source_near_misses", "error", "".join(f"name_number_{i} = {i}\n" for i in range(20000))
     + "".join(f"name_nunber_{i}\n" for i in range(20000)))
case("source_long_names", "refused", "".join(f"{'x' * 20000}{i} = 1\n" for i in range(100))
     + "".join(f"{'x' * 20000}{i}y\n" for i in range(100)))
case("source_long_line", "error", "x = [" + "y, " * 500000 + "]\n")
case("source_bad_escapes", "error", "x = '" + "\\q" * 300000 + "'\n")
case("source_brackets", "error", "(" * 200000)
case("source_closed_brackets", "error", "[" * 100000 + "]" * 100000)
case("source_minus", "error", "x = " + "-" * 200000 + "1\n")
case("source_not", "error", "x = " + "not " * 100000 + "1\n")
case("source_long_sum", "fine", "x = 1" + " + 1" * 100000 + "\n")
case("source_long_and", "fine", "x = 1" + " and 1" * 30000 + "\n")
case("source_call_chain", "error", "x = f" + "()" * 100000 + "\n")
case("source_dots", "error", "x = struct()" + ".a" * 100000 + "\n")
case("source_lambdas", "error", "x = " + "lambda: " * 50000 + "1\n")
case("source_conditions", "error", "x = " + "1 if 1 else " * 50000 + "1\n")
case("source_indents", "error", "".join(" " * i + "if 1:\n" for i in range(2000)) + " " * 2000 + "pass\n")
case("source_unindents", "error", "if 1:\n" + "".join("  " * (1 + i % 2) + " pass\n" for i in range(100000)))
case("source_functions_in_functions", "error", "".join(" " * i + f"def f{i}():\n" for i in range(2000))
     + " " * 2000 + "pass\n")
case("source_many_locals", "error", "def f():\n" + "".join(f"    v{i} = {i}\n" for i in range(70000)))
case("source_many_globals", "fine", "".join(f"v{i} = {i}\n" for i in range(70000)))
case("source_many_parameters", "error", "def f(" + ", ".join(f"p{i}" for i in range(70000)) + "):\n    pass\n")
case("source_same_parameters", "error", "def f(" + ", ".join("p" for i in range(50000)) + "):\n    pass\n")
case("source_same_arguments", "error", "dict(" + ", ".join("p = 1" for i in range(50000)) + ")\n")
case("source_redefinitions", "error", "".join("def f():\n    pass\n" for i in range(50000)))
case("source_long_list", "fine", "x = [" + "1, " * 300000 + "]\n")
case("source_long_dict", "fine", "x = {" + "".join(f"{i}: {i}, " for i in range(100000)) + "}\n")
case("source_unclosed_text", "error", "x = '''" + "a" * 5000000)
case("source_zero_bytes", "error", "x = 1\0" * 10000)
