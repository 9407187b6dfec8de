// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/altinn/serviceowner-operator/controllers"
)

const probeUsage = `operator probe shows whether the network enforces NetworkPolicies; the pods of config/probe run it:

  operator probe listen ADDRESS...         answer at each of these
  operator probe dial OPEN CLOSED...       succeed when OPEN answers and none of the others does
  operator probe watch OPEN CLOSED...      look so again and again, until one of the others answers`

// greeting is how the listener answers. A connection alone shows nothing: what stands between may take it.
const greeting = "serviceowner-operator probe\n"

// How the probe looks: how long it waits for an answer, how often it looks, and how many looks in a row must get
// through. A network may need some seconds until it knows a new pod.
const (
	answerWithin = 2 * time.Second
	lookEvery    = 5 * time.Second
	looksInARow  = 3
)

// leakError says that what is closed answered.
type leakError struct{ address string }

func (e *leakError) Error() string {
	return e.address + " answers, and no NetworkPolicy opens it: the network does not enforce them"
}

// probeExit is the exit code of a probe that ended with err.
func probeExit(err error) int {
	var leak *leakError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &leak):
		return controllers.ProbeLeaks
	default:
		return 1
	}
}

// probe runs operator probe with the arguments behind it, until it is told to stop, and returns its exit code.
func probe(args []string) int {
	err := runProbe(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "operator probe:", err)
	}
	return probeExit(err)
}

func runProbe(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch {
	case len(args) > 1 && args[0] == "listen":
		return probeListen(ctx, args[1:])
	case len(args) > 2 && args[0] == "dial":
		return probeDial(ctx, args[1], args[2:])
	case len(args) > 2 && args[0] == "watch":
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		return probeWatch(ctx, ticker.C, os.Stderr, func() error { return probeDial(ctx, args[1], args[2:]) })
	default:
		return errors.New(probeUsage)
	}
}

// probeListen greets whoever connects to one of the addresses.
func probeListen(ctx context.Context, addresses []string) error {
	listeners := make([]net.Listener, 0, len(addresses))
	for _, address := range addresses {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("listening: %w", err)
		}
		defer func() { _ = listener.Close() }()
		listeners = append(listeners, listener)
	}
	return probeGreet(ctx, listeners)
}

// probeGreet serves listeners until ctx ends; it then closes them.
func probeGreet(ctx context.Context, listeners []net.Listener) error {
	ended := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					ended <- err
					return
				}
				go greet(connection)
			}
		}()
	}
	select {
	case err := <-ended:
		return fmt.Errorf("listening: %w", err)
	case <-ctx.Done():
		var errs []error
		for _, listener := range listeners {
			errs = append(errs, listener.Close())
		}
		return errors.Join(errs...)
	}
}

func greet(connection net.Conn) {
	_ = connection.SetDeadline(time.Now().Add(answerWithin))
	_, _ = io.WriteString(connection, greeting) // who does not hear it says so
	_ = connection.Close()
}

// probeDial looks once: nil says that open answers and nothing closed does. What is closed counts only as not
// answering when the open port answers, at the same time.
func probeDial(ctx context.Context, open string, closed []string) error {
	answers := make([]error, 1+len(closed))
	var group sync.WaitGroup
	for i, address := range append([]string{open}, closed...) {
		group.Go(func() { answers[i] = ask(ctx, address) })
	}
	group.Wait()
	for i, err := range answers[1:] {
		if err == nil {
			return &leakError{closed[i]}
		}
	}
	if answers[0] != nil {
		return fmt.Errorf("%s, which is open, does not answer: %w", open, answers[0])
	}
	return nil
}

// ask returns nil when the listener answers at an address.
func ask(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	if until, limited := ctx.Deadline(); limited {
		if err := connection.SetDeadline(until); err != nil {
			return err
		}
	}
	heard := make([]byte, len(greeting))
	if _, err := io.ReadFull(connection, heard); err != nil {
		return err
	}
	if string(heard) != greeting {
		return errors.New("something else answers there")
	}
	return nil
}

// probeWatch looks at each tick, until what is closed has answered several times in a row: that is its error. It
// tells of what is new.
func probeWatch(ctx context.Context, ticks <-chan time.Time, tell io.Writer, look func() error) error {
	for leaks, told := 0, ""; ; {
		saw := sightOf(look())
		select {
		case <-ctx.Done():
			return nil // what was seen then says nothing
		default:
		}
		if saw.says != told {
			told = saw.says
			fmt.Fprintln(tell, saw.says)
		}
		leaks++
		if saw.leak == nil {
			leaks = 0
		}
		if leaks == looksInARow {
			return saw.leak
		}
		select {
		case <-ticks:
		case <-ctx.Done():
			return nil
		}
	}
}

// sight is what a look says, and what got through; nil when nothing did.
type sight struct {
	says string
	leak *leakError
}

func sightOf(err error) sight {
	if err == nil {
		return sight{says: "enforced"}
	}
	saw := sight{says: err.Error()}
	_ = errors.As(err, &saw.leak) // else it stays nil
	return saw
}
