// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The program is run as a whole: it says where it is, answers, and when it is stopped leaves its state behind.
func TestItServesUntilItIsStopped(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	ctx, stop := context.WithCancel(t.Context())
	printed, url := captureStdout(t)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--state", state, "--production"}) }()
	base := url()
	response, err := http.Get(base + "/resourceregistry/api/v1/resource/orgs")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(body), "974761076") {
		t.Errorf("want the demonstration's owners, got %s, %v", body, err)
	}
	response.Body.Close() //nolint:errcheck // it has been read
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it did not stop")
	}
	printed.Close() //nolint:errcheck // only to end the reader
	if _, err := os.Stat(state); err != nil {
		t.Error(err)
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nowhere"} {
		if err := run(t.Context(), []string{"--address", address}); err == nil {
			t.Errorf("%s: want an error", address)
		}
	}
}

func TestAWorldMustBeReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "world.json")
	if err := run(t.Context(), []string{"--world", path}); err == nil {
		t.Error("want an error for a file that is not there")
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"--world", path}); err == nil {
		t.Error("want an error for a file that is no JSON")
	}
}

// captureStdout gives the writing end to close, and a function that waits for the first line.
func captureStdout(t *testing.T) (*os.File, func() string) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = writer
	t.Cleanup(func() { os.Stdout = old })
	return writer, func() string {
		line, err := bufio.NewReader(reader).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
}
