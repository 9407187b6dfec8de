package cluster

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

func TestTwoClustersRunAtOnceAndLeaveNothing(t *testing.T) {
	t.Parallel()
	var clusters [2]*Cluster
	var errs [2]error
	var both sync.WaitGroup
	for i := range clusters {
		opts := bareOptions(t)
		both.Go(func() { clusters[i], errs[i] = Up(t.Context(), opts) })
	}
	both.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("cluster %d does not start: %v", i, err)
		}
		t.Cleanup(func() { down(t, clusters[i]) })
	}
	if first, second := clusters[0].record.Ports, clusters[1].record.Ports; first == second {
		t.Fatalf("both clusters have the ports %+v", first)
	}
	create(t, client(t, clusters[0]), "only-here")
	if exists(t, client(t, clusters[1]), "only-here") {
		t.Error("an object of the first cluster is seen in the second")
	}
	down(t, clusters[0])
	create(t, client(t, clusters[1]), "still-works")
}

func TestASecondUpFindsTheRunningCluster(t *testing.T) {
	t.Parallel()
	opts := bareOptions(t)
	first := up(t, opts)
	create(t, client(t, first), "kept")

	second, err := Up(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if second.Kubeconfig != first.Kubeconfig || !exists(t, client(t, second), "kept") {
		t.Error("the second Up did not return the cluster that ran")
	}
	opts.Controllers = true
	if _, err := Up(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "other options") {
		t.Errorf("an Up with other options should be refused, got: %v", err)
	}
	if !exists(t, client(t, first), "kept") {
		t.Error("the refused Up harmed the cluster that ran")
	}
}

func TestAFolderLeftByARebootIsStartedAnew(t *testing.T) {
	t.Parallel()
	opts := bareOptions(t)
	first := up(t, opts)
	create(t, client(t, first), "of-yesterday")
	for _, p := range first.started {
		if err := p.signal(syscall.SIGKILL); err != nil || !p.gone(killGrace) {
			t.Fatalf("cannot kill %s: %v", p.name, err)
		}
		// After a reboot the pid may belong to anybody; here it is this test, which must survive.
		if err := os.WriteFile(p.pidFile(), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if exists(t, client(t, up(t, opts)), "of-yesterday") {
		t.Error("the new cluster has the data of the old one")
	}
}

func TestAnUpThatWasKilledHalfWayIsStartedAnew(t *testing.T) {
	t.Parallel()
	opts, err := bareOptions(t).complete()
	if err != nil {
		t.Fatal(err)
	}
	half := newCluster(opts.record(), opts.Progress)
	if half.record.Ports, err = freePorts(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := half.record.write(); err != nil {
		t.Fatal(err)
	}
	if err := half.launch(etcd); err != nil {
		t.Fatal(err)
	}
	if whole := up(t, opts); whole.record.Ports == half.record.Ports {
		t.Error("the half-started cluster was taken for a whole one")
	}
}

func TestAFailedStartQuotesTheLogAndLeavesNothing(t *testing.T) {
	t.Parallel()
	opts := bareOptions(t)
	opts.AuditPolicy = filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(opts.AuditPolicy, []byte("not: a policy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Up(t.Context(), opts)
	if err == nil {
		t.Fatal("a start with a broken audit policy succeeded")
	}
	for _, part := range []string{apiServer, "stopped by itself", "audit policy"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not speak of %q: %v", part, err)
		}
	}
	nothingLeft(t, opts.Dir)
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	opts := bareOptions(t)
	ctx, cancel := context.WithCancel(t.Context())
	opts.Progress = writerFunc(func(line string) {
		if strings.Contains(line, apiServer) {
			cancel()
		}
	})
	if _, err := Up(ctx, opts); err == nil {
		t.Error("a cancelled start succeeded")
	}
	nothingLeft(t, opts.Dir)
}

func TestAPortLostToARaceIsReplacedOnce(t *testing.T) {
	t.Parallel()
	built := binaries(t)
	opts := bareOptions(t)
	opts.Binaries = t.TempDir()
	script := "#!/bin/sh\n" +
		"[ -e ../tried ] || { touch ../tried; echo 'bind: address already in use'; exit 1; }\n" +
		"exec " + filepath.Join(built, etcd) + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(opts.Binaries, etcd), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(built, apiServer), filepath.Join(opts.Binaries, apiServer)); err != nil {
		t.Fatal(err)
	}
	up(t, opts)
}

// up starts a cluster that the test takes down at its end.
func up(t *testing.T, opts Options) *Cluster {
	t.Helper()
	begun := time.Now()
	c, err := Up(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("up in %v", time.Since(begun).Round(time.Millisecond))
	t.Cleanup(func() { down(t, c) })
	return c
}

// down may be called twice: the second time there is nothing to do.
func down(t *testing.T, c *Cluster) {
	t.Helper()
	begun := time.Now()
	if err := Down(c.Dir); err != nil {
		t.Error(err)
	}
	t.Logf("down in %v", time.Since(begun).Round(time.Millisecond))
	nothingLeft(t, c.Dir)
}

// nothingLeft checks that the folder is gone, and every process of this machine that names it.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the cluster's folder is still there: %v", err)
	}
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			t.Fatal(err)
		}
		if line := commandLine(pid); strings.Contains(line, dir+"/") {
			t.Errorf("process %d is left: %s", pid, strings.ReplaceAll(line, "\x00", " "))
		}
	}
}

func bareOptions(t *testing.T) Options {
	t.Helper()
	return Options{Binaries: binaries(t), Dir: filepath.Join(t.TempDir(), "cluster")}
}

func binaries(t *testing.T) string {
	t.Helper()
	folder, err := defaultBinaries()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, apiServer)); err != nil {
		t.Fatalf("the control plane is not built: run hack/build-k8s.sh (%v)", err)
	}
	return folder
}

func client(t *testing.T, c *Cluster) *kubernetes.Clientset {
	t.Helper()
	config, err := c.Config()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func create(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func exists(t *testing.T, client kubernetes.Interface, name string) bool {
	t.Helper()
	_, err := client.CoreV1().ConfigMaps("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	return err == nil
}

type writerFunc func(line string)

func (f writerFunc) Write(line []byte) (int, error) {
	f(string(line))
	return len(line), nil
}
