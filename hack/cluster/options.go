package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options says what Up starts. Dir is the only field without a usable zero value.
type Options struct {
	// Binaries is the folder with the programs. Empty: $KUBEBUILDER_ASSETS when set, else bin/k8s.
	Binaries string
	// Dir is the cluster's own folder; Down removes it. See Dir for the usual place.
	Dir string
	// Nodes is the number of simulated nodes, spread over three zones. Needs Controllers.
	Nodes int
	// Controllers adds kube-controller-manager, kube-scheduler and kwok to etcd and kube-apiserver.
	Controllers bool
	// Stages are further kwok stage files, for kinds the API server has from the start. For the kinds of
	// a CustomResourceDefinition call Play once the definition is there. Needs Controllers.
	Stages []string
	// AuditPolicy is an audit policy file. The log is Dir/audit.log, one JSON object a line.
	AuditPolicy string
	// Progress receives a line per step. Nil: nothing is printed.
	Progress io.Writer
}

// complete returns the options with defaults filled in and paths made absolute, because the programs run
// in the cluster's folder. It fails when a program or a file that is needed is missing.
func (o Options) complete() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("no folder was given for the cluster")
	}
	if !o.Controllers && (o.Nodes > 0 || len(o.Stages) > 0) {
		return o, errors.New("simulated nodes and stages need Controllers")
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Binaries == "" {
		folder, err := defaultBinaries()
		if err != nil {
			return o, err
		}
		o.Binaries = folder
	}
	o.Stages = append([]string(nil), o.Stages...)
	paths := []*string{&o.Binaries, &o.Dir}
	if o.AuditPolicy != "" {
		paths = append(paths, &o.AuditPolicy)
	}
	for i := range o.Stages {
		paths = append(paths, &o.Stages[i])
	}
	for _, path := range paths {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, fmt.Errorf("making %s absolute: %w", *path, err)
		}
		*path = absolute
	}
	return o, o.checkFiles()
}

func (o Options) checkFiles() error {
	for _, program := range o.record().programs() {
		if _, err := os.Stat(filepath.Join(o.Binaries, program)); err != nil {
			return fmt.Errorf("no %s in %s: run hack/build-k8s.sh (it builds nothing while KUBEBUILDER_ASSETS is set)",
				program, o.Binaries)
		}
	}
	files := o.Stages
	if o.AuditPolicy != "" {
		files = append([]string{o.AuditPolicy}, files...)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("reading what the cluster was asked to use: %w", err)
		}
	}
	return nil
}

// Dir is where the cluster called name lives in this checkout: bin/cluster/<name> beside go.mod, which is
// looked for from the working directory upwards.
func Dir(name string) (string, error) {
	if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
		return "", fmt.Errorf("%q cannot be a cluster's name: it must be usable as the name of a folder", name)
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "bin", "cluster", name), nil
}

func defaultBinaries() (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return assets, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "bin", "k8s"), nil
}

func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module's root: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("finding the module's root: no go.mod here or above")
		}
		folder = parent
	}
}
