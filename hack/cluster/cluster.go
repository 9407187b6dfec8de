package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a control plane that runs. It keeps running when the caller ends; Down stops it.
type Cluster struct {
	// Kubeconfig is the path of the administrator's kubeconfig, Dir the cluster's folder.
	Kubeconfig, Dir string

	record   *record
	progress io.Writer
	started  []process // what await watches: a dead program ends the wait
}

// Up starts a cluster, or returns the one that runs in opts.Dir when it was started with the same options.
// It returns when the API server is ready and, with Controllers, when the default ServiceAccount exists
// and every node is Ready: a Deployment created next is scheduled. What an Up that was killed or a reboot
// left in the folder is removed first, and so is the whole cluster when one of its programs is dead. When
// Up fails nothing is left behind and the error quotes the log of the program that failed.
func Up(ctx context.Context, opts Options) (*Cluster, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	release, err := lockNew(ctx, opts.Dir)
	if err != nil {
		return nil, err
	}
	defer release()
	if running, err := opts.running(); running != nil || err != nil {
		return running, err
	}
	if err := empty(opts.Dir); err != nil {
		return nil, err
	}
	c, err := opts.start(ctx)
	if errors.Is(err, errPortTaken) { // another process was faster; once more, with other ports
		if err := empty(opts.Dir); err != nil {
			return nil, err
		}
		c, err = opts.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, remove(opts.Dir))
	}
	return c, nil
}

// Down stops the cluster in a folder and removes the folder. No such folder, or one of a cluster that no
// longer runs, is no error. A folder that is not a cluster's is left alone.
func Down(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("stopping the cluster: %w", err)
	}
	release, err := lock(context.Background(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	return remove(dir)
}

// Config returns the administrator's client configuration.
func (c *Cluster) Config() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's kubeconfig: %w", err)
	}
	return config, nil
}

// Down stops the cluster and removes its folder.
func (c *Cluster) Down() error { return Down(c.Dir) }

func newCluster(r *record, progress io.Writer) *Cluster {
	c := &Cluster{Kubeconfig: r.file("kubeconfig"), Dir: r.Dir, record: r, progress: progress}
	for _, program := range r.programs() {
		c.started = append(c.started, process{dir: r.Dir, name: program})
	}
	return c
}

// running returns the cluster that already runs in the folder, nil when there is none to use. It is an
// error when it runs with other options: the caller would get less than it asked for, or lose data.
func (o Options) running() (*Cluster, error) {
	r, err := readRecord(o.Dir)
	if err != nil || r == nil {
		return nil, err
	}
	if program := r.dead(); program != "" || !r.Complete {
		_, _ = fmt.Fprintf(o.Progress, "removing what is left of an earlier cluster in %s\n", o.Dir)
		return nil, nil
	}
	asked := o.record()
	asked.Ports, asked.Stages, asked.Complete = r.Ports, r.Stages, true // Play adds stages later
	if !reflect.DeepEqual(asked, r) {
		return nil, fmt.Errorf("a cluster with other options runs in %s: take it down first", o.Dir)
	}
	_, _ = fmt.Fprintf(o.Progress, "already running in %s\n", o.Dir)
	return newCluster(r, o.Progress), nil
}

func (o Options) record() *record {
	return &record{
		Dir: o.Dir, Binaries: o.Binaries, Controllers: o.Controllers, Nodes: o.Nodes,
		Stages: o.Stages, AuditPolicy: o.AuditPolicy,
	}
}

// remove stops what runs in the folder, in an order in which nobody waits for somebody who is gone, and
// removes the folder. The caller holds the lock.
func remove(dir string) error {
	if err := empty(dir); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil {
		return fmt.Errorf("removing the cluster's folder: %w", err)
	}
	return nil
}

// empty is remove, but it keeps the folder and with it the lock.
func empty(dir string) error {
	r, err := readRecord(dir)
	if err != nil {
		return err
	}
	if r == nil {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
			return err
		}
		return fmt.Errorf("%s holds other things than a cluster; it is left as it is", dir)
	}
	of := func(name string) process { return process{dir: r.Dir, name: name} }
	for _, wave := range [][]process{{of(kwok), of(scheduler), of(controllerManager)}, {of(apiServer)}, {of(etcd)}} {
		if err := stop(wave...); err != nil {
			return fmt.Errorf("stopping the cluster in %s: %w", dir, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("emptying the cluster's folder: %w", err)
	}
	// The record goes last: cut short before that, the folder is still known as a cluster's.
	for _, entry := range entries {
		if path := filepath.Join(dir, entry.Name()); path != recordFile(dir) {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("emptying the cluster's folder: %w", err)
			}
		}
	}
	if err := os.Remove(recordFile(dir)); err != nil {
		return fmt.Errorf("emptying the cluster's folder: %w", err)
	}
	return nil
}
