"""Downloads as repositories."""

load("@cow//repo:http.cow", _http_archive = "http_archive", _http_file = "http_file", _http_jar = "http_jar")

http_archive = _http_archive
http_file = _http_file
http_jar = _http_jar
