// SPDX-License-Identifier: BSD-3-Clause

package sandbox_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	oneList  = "/resourceregistry/api/v1/access-lists/skd/banks"
	bankURN  = "urn:altinn:organization:identifier-no:" + sandbox.BankNumber
	bankBody = `{"data":["` + bankURN + `"]}`
)

// fill makes one of everything a registry holds.
func fill(w *world) {
	token := w.token()
	w.call(http.MethodPost, resources, token, resource("skd-one"), 201)
	w.call(http.MethodPut, resources+"/skd-one", token, resource("skd-one"), 200)
	w.call(http.MethodPut, oneList, token, `{"name":"Banks"}`, 200)
	w.call(http.MethodPut, oneList+"/members", token, bankBody, 200)
	w.call(http.MethodPut, oneList+"/resource-connections/skd-one", token, `{}`, 200)
}

func TestTheStateOutlivesTheServer(t *testing.T) {
	options := sandbox.Demo()
	options.StateFile = filepath.Join(t.TempDir(), "state.json")
	first := serve(t, options)
	fill(first)
	before := first.call(http.MethodGet, resources+"/skd-one", "", "", 200)
	list := first.call(http.MethodGet, oneList+"/members", first.token(), "", 200)
	if err := first.server.Close(); err != nil {
		t.Fatal(err)
	}

	second := serve(t, options)
	if after := second.call(http.MethodGet, resources+"/skd-one", "", "", 200); after != before {
		t.Errorf("want %s, got %s", before, after)
	}
	if after := second.call(http.MethodGet, oneList+"/members", second.token(), "", 200); after != list {
		t.Errorf("want %s, got %s", list, after)
	}
	version := field(t, before, "versionId")
	second.call(http.MethodPut, resources+"/skd-one", second.token(), resource("skd-one"), 200)
	if after := field(t, second.call(http.MethodGet, resources+"/skd-one", "", "", 200), "versionId"); after == version {
		t.Errorf("want a version after %v", version)
	}
}

func TestAChangeIsSavedWithoutBeingAsked(t *testing.T) {
	options := sandbox.Demo()
	options.StateFile = filepath.Join(t.TempDir(), "state.json")
	fill(serve(t, options))
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if info, err := os.Stat(options.StateFile); err == nil && info.Size() > 500 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("want the state in its file")
}

func TestSavingLeavesNoOtherFile(t *testing.T) {
	folder := t.TempDir()
	options := sandbox.Demo()
	options.StateFile = filepath.Join(folder, "state.json")
	w := serve(t, options)
	fill(w)
	for range 3 {
		w.call(http.MethodPost, "/sandbox/save", "", "", 204)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("want one file, got %v, %v", entries, err)
	}
}

func TestAFileThatCannotBeReadIsNotOverwritten(t *testing.T) {
	options := sandbox.Demo()
	options.StateFile = filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(options.StateFile, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.New(options); err == nil {
		t.Error("want an error")
	}
	if left, _ := os.ReadFile(options.StateFile); string(left) != "{half" {
		t.Errorf("want the file as it was, got %s", left)
	}
}

func TestAFolderThatCannotBeWrittenIsReported(t *testing.T) {
	options := sandbox.Demo()
	options.StateFile = filepath.Join(t.TempDir(), "missing", "state.json")
	w := serve(t, options)
	fill(w)
	w.call(http.MethodPost, "/sandbox/save", "", "", 500)
	if err := w.server.Close(); err == nil {
		t.Error("want an error")
	}
}

func TestResetForgetsAllButWhoMayCall(t *testing.T) {
	w := serve(t, sandbox.Demo())
	w.server.RegisterClient(sandbox.Client{ID: "kept"})
	fill(w)
	w.call(http.MethodPost, "/sandbox/reset", "", "", 204)
	w.call(http.MethodGet, resources+"/skd-one", "", "", 404)
	w.call(http.MethodGet, oneList, w.token(), "", 404)
	if len(w.server.Requests()) != 2 {
		t.Errorf("want the log to begin anew, got %v", w.server.Requests())
	}
	fill(w)
}
