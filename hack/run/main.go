// SPDX-License-Identifier: BSD-3-Clause

// Command run shows the operator at work on this machine: a control plane with simulated nodes, the
// CRDs and policies, Azure Service Operator as kwok plays it, a sandbox that plays Altinn and
// Maskinporten, the operator, the samples, and a live table until each resource is Ready or says what
// it lacks. It then stays until Ctrl-C, and takes everything down.
//
// With RUN_ONCE=1 it ends by itself: with 0 when all samples are Ready, and otherwise with the
// reasons.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/hack/cluster"
	"github.com/altinn/serviceowner-operator/hack/local"
)

// patience is how long the samples may take before the run is called failed.
const patience = 2 * time.Minute

// stillness is how long the samples must stay as they are for what they lack to count: while they are
// being applied, one lacks the other.
const stillness = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := cluster.Dir("run")
	if err != nil {
		return err
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(dir)))
	files := filepath.Join(root, "bin", "run")
	if err := os.RemoveAll(files); err != nil {
		return err
	}
	if err := os.MkdirAll(files, 0o700); err != nil {
		return err
	}
	plane, err := cluster.Up(ctx, cluster.Options{Dir: dir, Controllers: true, Nodes: 3, Progress: os.Stdout})
	if err != nil {
		return err
	}
	defer func() {
		if err := plane.Down(); err != nil {
			fmt.Fprintln(os.Stderr, "run:", err)
		}
	}()
	if err := link(plane.Kubeconfig, filepath.Join(files, "kubeconfig")); err != nil {
		return err
	}
	return operate(ctx, plane, root, files)
}

// link makes the kubeconfig found under a name that stays.
func link(kubeconfig, name string) error {
	raw, err := os.ReadFile(kubeconfig)
	if err != nil {
		return err
	}
	return os.WriteFile(name, raw, 0o600)
}

// startOutside starts the sandbox and writes down where it is, for whoever wants to look into it.
func startOutside(ctx context.Context, root, files string) (*local.Outside, error) {
	outside, err := local.StartOutside(ctx, local.OutsideOptions{
		Base:   filepath.Join(root, "hack", "run", "operator.yaml"),
		Folder: files,
		State:  filepath.Join(files, "sandbox.json"),
	})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(files, "sandbox.url"), []byte(outside.BaseURL+"\n"), 0o600); err != nil {
		return nil, errors.Join(err, outside.Stop())
	}
	return outside, nil
}

// installPlayed installs what plays the engines that an installation has.
func installPlayed(ctx context.Context, kubernetes client.WithWatch, plane *cluster.Cluster, root string) error {
	if err := local.InstallAzure(ctx, kubernetes, plane, root); err != nil {
		return err
	}
	return local.InstallFlux(ctx, kubernetes, plane, root)
}

// operate installs and starts the operator, applies the samples and shows what becomes of them.
func operate(ctx context.Context, plane *cluster.Cluster, root, files string) error {
	admin, err := plane.Config()
	if err != nil {
		return err
	}
	kubernetes, err := client.NewWithWatch(admin, client.Options{Scheme: controllers.NewScheme()})
	if err != nil {
		return err
	}
	fmt.Println("installing CRDs, policies and roles")
	if err := local.Install(ctx, kubernetes, root); err != nil {
		return err
	}
	fmt.Println("installing what plays Azure and Flux")
	if err := installPlayed(ctx, kubernetes, plane, root); err != nil {
		return err
	}
	fmt.Println("starting the sandbox")
	outside, err := startOutside(ctx, root, files)
	if err != nil {
		return err
	}
	defer func() {
		if err := outside.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "run:", err)
		}
	}()
	operator := &local.Operator{
		Binary: filepath.Join(root, "bin", "operator"),
		Config: outside.Config,
		Log:    filepath.Join(files, "operator.log"),
	}
	fmt.Println("starting the operator")
	if err := operator.Start(ctx, admin); err != nil {
		return err
	}
	defer operator.Stop()
	started := time.Now()
	if err := show(ctx, kubernetes, root, operator); err != nil {
		return err
	}
	fmt.Printf("\nSettled %.1f s after the samples were applied.\n", time.Since(started).Seconds())
	if os.Getenv("RUN_ONCE") != "" {
		return nil
	}
	fmt.Print(hints)
	select {
	case <-ctx.Done():
		fmt.Println("\nstopping")
		return nil
	case <-operator.Ended():
		return fmt.Errorf("the operator ended (%w); its log is bin/run/operator.log", operator.Err())
	}
}

const hints = `
Look around in another terminal:

  export KUBECONFIG=bin/run/kubeconfig
  bin/k8s/kubectl get altinn --all-namespaces
  bin/k8s/kubectl describe app income --namespace so-skd
  bin/k8s/kubectl get all,networkpolicies,ingresses --namespace so-skd

What the operator has registered in Altinn, and what it asked of it, is in the sandbox:

  curl -s $(cat bin/run/sandbox.url)/resourceregistry/api/v1/resource/app_skd_income
  curl -s $(cat bin/run/sandbox.url)/resourceregistry/api/v1/resource/resourcelist
  curl -s $(cat bin/run/sandbox.url)/sandbox/requests

What data is kept in is in the cluster, as objects that Azure Service Operator would work on:

  bin/k8s/kubectl get azure --namespace so-skd

Let the account turn up in another part of the world, and see what becomes of its service owner and its Apps; with
norwayeast all is well again:

  bin/k8s/kubectl patch storageaccount skd --namespace so-skd --subresource status --type merge --patch '{"status": {"primaryLocation": "eastus"}}'
  bin/k8s/kubectl get altinn --all-namespaces

Let Azure refuse; azure.sandbox/play can be throttled, forbidden, taken, soft-deleted, no-key or stuck, and
azure.sandbox/play- ends it:

  bin/k8s/kubectl annotate storageaccount skd --namespace so-skd azure.sandbox/play=forbidden

Let somebody open the network, and see what the App says, and what the proof does, which asks nobody:

  echo '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "debug"}, "spec": {"podSelector": {}, "ingress": [{}]}}' |
    bin/k8s/kubectl create --namespace so-skd --filename -
  bin/k8s/kubectl get altinn --all-namespaces
  make plugin && bin/kubectl-altinn prove isolation
  bin/k8s/kubectl delete networkpolicy debug --namespace so-skd

The operator writes to bin/run/operator.log. Ctrl-C stops everything.
`

// show applies the samples and draws the table until all are Ready, or lack something that no longer
// changes.
func show(ctx context.Context, kubernetes client.WithWatch, root string, operator *local.Operator) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	applied := make(chan error, 1)
	go func() { applied <- local.ApplySamples(ctx, kubernetes, root) }()
	table, err := newTable(ctx, kubernetes)
	if err != nil {
		return err
	}
	defer table.stop()
	var still <-chan time.Time // fires when all has been settled for a while
	for len(table.lacks()) > 0 {
		select {
		case event := <-table.events:
			if !table.take(event) {
				continue
			}
			table.draw()
			if still = nil; table.settled() {
				still = time.After(stillness)
			}
		case <-still:
			return fmt.Errorf("not Ready:\n%s", strings.Join(table.lacks(), "\n"))
		case err := <-applied:
			if err != nil {
				return fmt.Errorf("applying the samples: %w", err)
			}
			applied = nil
		case <-operator.Ended():
			return fmt.Errorf("the operator ended (%w); its log is bin/run/operator.log", operator.Err())
		case <-ctx.Done():
			lacks := table.lacks()
			if applied != nil { // it goes by ctx too, and says what it was waiting for
				lacks = append(lacks, fmt.Sprint("  applying the samples: ", <-applied))
			}
			return fmt.Errorf("not settled after %s:\n%s", patience, strings.Join(lacks, "\n"))
		}
	}
	return nil
}
