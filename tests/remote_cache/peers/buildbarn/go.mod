module buildbarn

go 1.21

require (
	github.com/buildbarn/bb-storage v0.0.0-20231222105222-e7766ceb0474
	golang.org/x/sys v0.28.0
)
