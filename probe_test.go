// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// localListener listens on this machine alone.
func localListener(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// listening greets as operator probe listen does, until the test ends, and returns its addresses.
func listening(t *testing.T, many int) []string {
	t.Helper()
	var listeners []net.Listener
	var addresses []string
	for range many {
		listener := localListener(t)
		listeners, addresses = append(listeners, listener), append(addresses, listener.Addr().String())
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- probeGreet(ctx, listeners) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the listener ended: %v", err)
		}
	})
	return addresses
}

// refusing is an address at which nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	listener := localListener(t)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// saying is an address at which something else answers.
func saying(t *testing.T, words string) string {
	t.Helper()
	listener := localListener(t)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Write([]byte(words))
			_ = connection.Close()
		}
	}()
	return listener.Addr().String()
}

func TestProbeDial(t *testing.T) {
	open := listening(t, 3)
	for name, tc := range map[string]struct {
		open   string
		closed []string
		exit   int
		says   string
	}{
		"what is open answers, and what is closed does not":       {open[0], []string{refusing(t), refusing(t)}, 0, ""},
		"something else answers at what is closed":                {open[0], []string{saying(t, "HTTP/1.1 400 Bad Request and a long page behind it")}, 0, ""},
		"what stands between takes the connection and ends it":    {open[0], []string{saying(t, "")}, 0, ""},
		"what is closed answers":                                  {open[0], []string{refusing(t), open[1]}, 3, open[1] + " answers, and no NetworkPolicy opens it: the network does not enforce them"},
		"what is closed answers, though what is open does not":    {refusing(t), []string{open[1]}, 3, open[1] + " answers"},
		"nothing answers, which shows nothing":                    {refusing(t), []string{refusing(t)}, 1, "which is open, does not answer: "},
		"something else answers at what is open":                  {saying(t, "HTTP/1.1 400 Bad Request and a long page behind it"), []string{refusing(t)}, 1, "something else answers there"},
		"the name of what is open is not known, as without a DNS": {"listener.invalid:8080", []string{refusing(t)}, 1, "listener.invalid:8080, which is open, does not answer: "},
	} {
		t.Run(name, func(t *testing.T) {
			err := probeDial(t.Context(), tc.open, tc.closed)
			if exit := probeExit(err); exit != tc.exit || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("exit code %d, not %d: %v", exit, tc.exit, err)
			}
		})
	}
}

func TestProbeListenRefusesWhatItCannotListenAt(t *testing.T) {
	taken := localListener(t).Addr().String()
	if err := probeListen(t.Context(), []string{"127.0.0.1:0", taken}); err == nil || !strings.HasPrefix(err.Error(), "listening: ") {
		t.Errorf("listening at %s: %v", taken, err)
	}
}

func TestProbeListenEndsWhenItIsTold(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := probeListen(ctx, []string{"127.0.0.1:0"}); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestProbeWatch(t *testing.T) {
	silent, leak := errors.New("listener:8080, which is open, does not answer: no route"), &leakError{"listener:8081"}
	for name, tc := range map[string]struct {
		// looks are what is seen, one after the other; the probe is told to stop behind them.
		looks []error
		exit  int
		says  []string
	}{
		"says once what goes on":                      {[]error{nil, nil, nil}, 0, []string{"enforced"}},
		"says what is new":                            {[]error{silent, silent, nil, silent}, 0, []string{silent.Error(), "enforced", silent.Error()}},
		"bears what gets through twice":               {[]error{nil, leak, leak, nil}, 0, []string{"enforced", leak.Error(), "enforced"}},
		"counts only what gets through in a row":      {[]error{leak, leak, silent, leak, leak}, 0, []string{leak.Error(), silent.Error(), leak.Error()}},
		"ends when it gets through three times a row": {[]error{nil, leak, leak, leak, nil}, 3, []string{"enforced", leak.Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ticks := make(chan time.Time, len(tc.looks))
			looks := 0
			var told bytes.Buffer
			err := probeWatch(ctx, ticks, &told, func() error {
				if looks == len(tc.looks) {
					stop()
					return nil
				}
				looks++
				ticks <- time.Time{}
				return tc.looks[looks-1]
			})
			if exit := probeExit(err); exit != tc.exit {
				t.Errorf("exit code %d, not %d", exit, tc.exit)
			}
			if diff := cmp.Diff(tc.says, strings.Split(strings.TrimSpace(told.String()), "\n")); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProbeSaysHowItIsUsed(t *testing.T) {
	for _, args := range [][]string{nil, {"listen"}, {"dial"}, {"dial", "a:1"}, {"watch", "a:1"}, {"look", "a:1", "a:2"}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			if err := runProbe(args); err == nil || err.Error() != probeUsage || probeExit(err) != 1 {
				t.Errorf("said %v", err)
			}
		})
	}
}
