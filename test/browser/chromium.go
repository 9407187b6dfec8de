// SPDX-License-Identifier: BSD-3-Clause

// Package browser opens pages in Chromium for tests, as people see them, and says what is wrong with any page.
package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// patience is how long the browser may take: to be installed, and for all that is asked of it.
const patience = 5 * time.Minute

// Chromium is a headless browser with one tab, driven over a pipe by the DevTools protocol. What goes wrong fails the
// test that it is used On.
type Chromium struct {
	t       *testing.T
	axe     string
	send    io.Writer
	receive *bufio.Reader
	last    int
	session string
}

// installed gets Chromium and axe-core, and returns their folder.
func installed(t *testing.T) string {
	t.Helper()
	if why := os.Getenv("SKIP_BROWSER"); why != "" {
		t.Skipf("SKIP_BROWSER says: %s", why)
	}
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if output, err := exec.CommandContext(ctx, filepath.Join(root, "hack/browser.sh")).CombinedOutput(); err != nil {
		t.Fatalf("hack/browser.sh: %v\n%s\nSKIP_BROWSER=<why> leaves these tests out", err, output)
	}
	return filepath.Join(root, "bin/browser")
}

// Start starts a browser that ends with the test; the first time, it is installed. SKIP_BROWSER=<why> skips the test.
func Start(t *testing.T) *Chromium {
	t.Helper()
	files := installed(t)
	axe, err := os.ReadFile(filepath.Join(files, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	theirs, send := pipe(t)
	receive, answers := pipe(t)
	profile := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	run := exec.CommandContext(ctx, filepath.Join(files, "chromium"),
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--remote-debugging-pipe", "--user-data-dir="+profile, "about:blank")
	run.ExtraFiles = []*os.File{theirs, answers}
	var said bytes.Buffer
	run.Stderr = &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), answers.Close() // the browser has its own now, and its end must be seen
	c := &Chromium{t: t, axe: string(axe), send: send, receive: bufio.NewReader(receive)}
	t.Cleanup(func() {
		_, _ = fmt.Fprintf(send, `{"id":-1,"method":"Browser.close"}`+"\x00")
		_ = run.Wait()
		cancel()
		if t.Failed() {
			t.Logf("Chromium said:\n%s", said.String())
		}
	})
	var tab struct{ TargetID string }
	c.Call(&tab, "Target.createTarget", map[string]any{"url": "about:blank"})
	var attached struct{ SessionID string }
	c.Call(&attached, "Target.attachToTarget", map[string]any{"targetId": tab.TargetID, "flatten": true})
	c.session = attached.SessionID
	c.Call(nil, "Page.enable", nil)
	return c
}

// On makes the browser one of another test, and of the one before again when that ends.
func (c *Chromium) On(t *testing.T) {
	before := c.t
	c.t = t
	t.Cleanup(func() { c.t = before })
}

func pipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = reader.Close(), writer.Close() })
	return reader, writer
}

// Call asks the browser for something and reads its answer into a value, which may be nil.
func (c *Chromium) Call(into any, method string, parameters map[string]any) {
	c.t.Helper()
	c.last++
	request := map[string]any{"id": c.last, "method": method, "params": parameters}
	if c.session != "" {
		request["sessionId"] = c.session
	}
	content, err := json.Marshal(request)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.send.Write(append(content, 0)); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	for {
		message := c.next(method)
		if message.ID != c.last {
			continue // an event
		}
		if message.Error != nil {
			c.t.Fatalf("%s: %s", method, message.Error.Message)
		}
		if into == nil {
			return
		}
		if err := json.Unmarshal(message.Result, into); err != nil {
			c.t.Fatalf("%s: %v", method, err)
		}
		return
	}
}

type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  *struct{ Message string }
}

func (c *Chromium) next(waitingFor string) message {
	c.t.Helper()
	content, err := c.receive.ReadBytes(0)
	if err != nil {
		c.t.Fatalf("the browser ended during %s: %v", waitingFor, err)
	}
	var m message
	if err := json.Unmarshal(bytes.TrimRight(content, "\x00"), &m); err != nil {
		c.t.Fatal(err)
	}
	return m
}

// Open shows a file in a window of the width, as wide as that even where no window could be.
func (c *Chromium) Open(file string, width, height int) {
	c.t.Helper()
	c.Call(nil, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
	})
	c.Call(nil, "Page.navigate", map[string]any{"url": "file://" + file})
	for c.next("loading "+file).Method != "Page.loadEventFired" {
		continue
	}
}

// Evaluate runs a script in the page and reads what it promises into a value.
func (c *Chromium) Evaluate(into any, script string) {
	c.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	c.Call(&answer, "Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true})
	if answer.ExceptionDetails != nil {
		c.t.Fatalf("the page's script failed: %s", answer.ExceptionDetails)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer.Result.Value, into); err != nil {
		c.t.Fatalf("%v: %s", err, answer.Result.Value)
	}
}
