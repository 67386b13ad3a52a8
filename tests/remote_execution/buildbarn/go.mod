module buildbarn

go 1.21

require (
	github.com/buildbarn/bb-remote-execution v0.0.0-20230905173453-70efb72857b0
	github.com/buildbarn/bb-storage v0.0.0-20230905110346-c04246b462b6
	golang.org/x/sys v0.28.0
	github.com/hanwen/go-fuse/v2 v2.4.0
)
