"""copy_file."""

load("@cow//core:defs.cow", _copy_file = "copy_file")

def copy_file(name, src, out, is_executable = False, allow_symlink = False, **kwargs):
    """Gives a file a second path.

    Args:
      name: of the target.
      src: label of the file.
      out: path of the copy.
      is_executable: whether it may be run.
      allow_symlink: says nothing here: no bytes are copied in any case.
      **kwargs: attributes every rule has.
    """

    # buildifier: disable=unused-variable
    _copy_file(name = name, src = src, out = out, is_executable = is_executable, **kwargs)
