// Command cmd starts and stops the local clusters of this checkout by name:
//
//	go run ./hack/cluster/cmd up default     prints the path of the kubeconfig
//	go run ./hack/cluster/cmd down default
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/altinn/serviceowner-operator/hack/cluster"
)

func main() {
	nodes := flag.Int("nodes", 3, "how many nodes to simulate")
	bare := flag.Bool("bare", false, "etcd and kube-apiserver only: no controllers, no nodes")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(os.Stderr, "usage: cmd [-nodes N] [-bare] up|down NAME")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	opts := cluster.Options{Nodes: *nodes, Controllers: true, Progress: os.Stderr}
	if *bare {
		opts.Nodes, opts.Controllers = 0, false
	}
	// Ctrl-C during a start takes down what was started.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0), flag.Arg(1), opts)
	cancel()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, action, name string, opts cluster.Options) error {
	dir, err := cluster.Dir(name)
	if err != nil {
		return err
	}
	switch action {
	case "up":
		opts.Dir = dir
		running, err := cluster.Up(ctx, opts)
		if err != nil {
			return fmt.Errorf("starting cluster %s: %w", name, err)
		}
		fmt.Println(running.Kubeconfig)
		return nil
	case "down":
		if err := cluster.Down(dir); err != nil {
			return fmt.Errorf("stopping cluster %s: %w", name, err)
		}
		return nil
	default:
		return fmt.Errorf("%s is neither up nor down", action)
	}
}
