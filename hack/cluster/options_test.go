package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	dir := t.TempDir()
	cases := map[string]struct {
		opts Options
		want string
	}{
		"no folder":                 {Options{}, "no folder"},
		"nodes without controllers": {Options{Dir: dir, Nodes: 1}, "need Controllers"},
		"programs are missing":      {Options{Dir: dir, Binaries: dir}, "run hack/build-k8s.sh"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Up(t.Context(), c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got: %v", c.want, err)
			}
		})
	}
}

func TestAClusterIsCalledLikeAFolder(t *testing.T) {
	dir, err := Dir("default")
	if err != nil || !strings.HasSuffix(dir, filepath.Join("bin", "cluster", "default")) {
		t.Errorf("the cluster default lies in %q: %v", dir, err)
	}
	for _, name := range []string{"", ".", "..", "a/b", "../a"} {
		if dir, err := Dir(name); err == nil {
			t.Errorf("%q is accepted as a name, for the folder %s", name, dir)
		}
	}
}

func TestAFolderOfSomethingElseIsLeftAlone(t *testing.T) {
	opts := bareOptions(t)
	opts.Dir = t.TempDir()
	file := filepath.Join(opts.Dir, "thesis.txt")
	if err := os.WriteFile(file, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Down(opts.Dir); err == nil {
		t.Error("Down accepts a folder that is not a cluster's")
	}
	if _, err := Up(t.Context(), opts); err == nil {
		t.Error("Up accepts a folder that is not a cluster's")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestDownOfNothingIsNoError(t *testing.T) {
	if err := Down(filepath.Join(t.TempDir(), "never-started")); err != nil {
		t.Error(err)
	}
}

func TestAProcessIsKnownByItsCommandLine(t *testing.T) {
	if line := commandLine(os.Getpid()); !strings.Contains(line, filepath.Base(os.Args[0])) {
		t.Errorf("the command line of this test is said to be %q", line)
	}
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	p := process{dir: t.TempDir(), name: etcd}
	for _, pid := range []string{strconv.Itoa(ended.Process.Pid), strconv.Itoa(os.Getpid()), "", "-1"} {
		if err := os.WriteFile(p.pidFile(), []byte(pid), 0o600); err != nil {
			t.Fatal(err)
		}
		if p.alive() {
			t.Errorf("pid %q is taken for a program of the cluster", pid)
		}
	}
}

func TestTheEndOfACrashedLogIsItsReason(t *testing.T) {
	p := process{dir: t.TempDir(), name: etcd}
	log := strings.Repeat("chatter\n", 50) + "panic: out of luck\n\ngoroutine 1 [running]:\n" + strings.Repeat("frame\n", 50)
	if err := os.WriteFile(p.logFile(), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	if tail := p.tail(); !strings.HasSuffix(tail, "panic: out of luck") || strings.Count(tail, "\n") >= tailLines {
		t.Errorf("the tail is %q", tail)
	}
}
