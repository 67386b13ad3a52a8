"""Git repositories, which cow refuses by name."""

load("@cow//repo:git.cow", _git_repository = "git_repository", _new_git_repository = "new_git_repository")

git_repository = _git_repository
new_git_repository = _new_git_repository
