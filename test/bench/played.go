// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/altinn/serviceowner-operator/hack/cluster"
)

// playLimit bounds the wait for kwok, and its starts anew while the API server is about to publish a kind.
const playLimit = time.Minute

// player plays stages beside a bare control plane: kwok alone, with no controllers and no nodes. Thousands of
// Deployments then cost no pods.
type player struct {
	cluster *cluster.Cluster
	kwok    string // the program
}

func newPlayer(on *cluster.Cluster, root string) player {
	folder := cmp.Or(os.Getenv("KUBEBUILDER_ASSETS"), filepath.Join(root, "bin", "k8s"))
	return player{on, filepath.Join(folder, "kwok")}
}

// Play starts kwok with files of stages, and returns when it watches their kinds. It is tried again while kwok stops by
// itself, which it does when a kind of a stage is not there yet.
func (p player) Play(ctx context.Context, stages ...string) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	arguments := []string{"--kubeconfig=" + p.cluster.Kubeconfig, "--server-address=" + address, "--manage-all-nodes=true", "--node-lease-duration-seconds=0"}
	for _, file := range stages {
		path, err := filepath.Abs(file)
		if err != nil {
			return fmt.Errorf("playing stages: %w", err)
		}
		arguments = append(arguments, "--config="+path)
	}
	limited, cancel := context.WithTimeout(ctx, playLimit)
	defer cancel()
	for {
		ended, err := p.start(arguments)
		if err != nil {
			return err
		}
		if err = listening(limited, address, ended); !errors.Is(err, errStopped) {
			return err
		}
	}
}

// start starts kwok as the cluster starts its programs: Down finds it by its file, and so does who counts what the
// control plane takes of the machine.
func (p player) start(arguments []string) (<-chan struct{}, error) {
	log, err := os.OpenFile(filepath.Join(p.cluster.Dir, "kwok.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting kwok: %w", err)
	}
	defer func() { _ = log.Close() }() // the program has its own copy
	command := exec.Command(p.kwok, arguments...)
	command.Dir = p.cluster.Dir
	command.Env = []string{"HOME=" + p.cluster.Dir, "PATH=" + os.Getenv("PATH")}
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting kwok: %w", err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }() // how it ended is in its log
	file := filepath.Join(p.cluster.Dir, "kwok.pid")
	if err := os.WriteFile(file, []byte(strconv.Itoa(command.Process.Pid)+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("starting kwok: %w", err), command.Process.Kill())
	}
	return ended, nil
}

var errStopped = errors.New("kwok stopped by itself; its log is kwok.log in the control plane's folder")

// listening waits for the endpoint that kwok opens after it has started to watch every kind it plays.
func listening(ctx context.Context, address string, ended <-chan struct{}) error {
	for {
		err := answers(ctx, "http://"+address+"/healthz")
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			err = errStopped
			if ctx.Err() != nil {
				err = fmt.Errorf("%w: %w", errFinal, context.Cause(ctx))
			}
			return err
		case <-ctx.Done():
			return fmt.Errorf("waiting for kwok: %w; last seen: %w", context.Cause(ctx), err)
		case <-time.After(pollEvery):
		}
	}
}

func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
