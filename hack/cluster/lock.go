package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// lockPoll is how often a folder that somebody else has locked is tried again.
const lockPoll = 100 * time.Millisecond

// lock takes the cluster's folder for this caller alone and returns the release. The folder must exist:
// fs.ErrNotExist is returned when it does not, also when it went away while waiting for its owner.
func lock(ctx context.Context, dir string) (func(), error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("locking the cluster's folder: %w", err)
	}
	err = wait.PollUntilContextCancel(ctx, lockPoll, true, func(context.Context) (bool, error) {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
			return false, nil
		}
		return true, err
	})
	release := func() { _ = folder.Close() } // closing gives the lock back
	if err != nil {
		release()
		return nil, fmt.Errorf("locking %s, which another process has: %w", dir, err)
	}
	held, err := folder.Stat()
	if err == nil {
		var current os.FileInfo
		if current, err = os.Stat(dir); err == nil && !os.SameFile(held, current) {
			err = fs.ErrNotExist // removed, and made anew by somebody else, while we waited
		}
	}
	if err != nil {
		release()
		return nil, fmt.Errorf("locking the cluster's folder: %w", err)
	}
	return release, nil
}

// lockNew is lock for a folder that need not exist yet.
func lockNew(ctx context.Context, dir string) (func(), error) {
	for {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("making the cluster's folder: %w", err)
		}
		release, err := lock(ctx, dir)
		if errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
			continue
		}
		return release, err
	}
}
