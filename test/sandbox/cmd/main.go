// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// stopWithin is how long calls that are under way may take when the sandbox stops.
const stopWithin = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	address := flags.String("address", "127.0.0.1:0", "the loopback address to listen on")
	state := flags.String("state", "", "a file that keeps the state from one run to the next")
	production := flags.Bool("production", false, "refuse to delete resources, as production does")
	world := flags.String("world", "", "a JSON file of organisations, persons, clients and templates, instead of the demonstration's")
	if err := flags.Parse(args); err != nil {
		return err
	}
	options, err := readWorld(*world)
	if err != nil {
		return err
	}
	options.StateFile, options.Production = *state, *production
	return serve(ctx, *address, options)
}

func readWorld(path string) (sandbox.Options, error) {
	if path == "" {
		return sandbox.Demo(), nil
	}
	var options sandbox.Options
	data, err := os.ReadFile(path)
	if err != nil {
		return options, fmt.Errorf("reading the world: %w", err)
	}
	if err := json.Unmarshal(data, &options); err != nil {
		return options, fmt.Errorf("reading the world from %s: %w", path, err)
	}
	return options, nil
}

func serve(ctx context.Context, address string, options sandbox.Options) error {
	listener, err := listen(ctx, address)
	if err != nil {
		return err
	}
	server, err := sandbox.New(options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	web := &http.Server{Handler: server, ReadHeaderTimeout: stopWithin}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	fmt.Println("http://" + listener.Addr().String())
	select {
	case err = <-served:
		return errors.Join(fmt.Errorf("serving: %w", err), server.Close())
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(web.Shutdown(stopping), server.Close())
}

// listen takes loopback addresses only: whoever reaches the sandbox may do anything with it.
func listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading the address: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("reading the address: %s is not a loopback address", host)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}
